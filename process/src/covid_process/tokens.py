"""Tokens of Amazon MSK: a URL that allows to connect, signed with AWS credentials.

https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control.html
"""

from __future__ import annotations

from typing import Final

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from botocore.credentials import CredentialProvider, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from botocore.session import Session

_MILLISECONDS: Final = 1000


class Tokens:
    """Makes tokens. Not safe for threads, as botocore's sessions are not."""

    def __init__(self) -> None:
        self._credentials = _Kept()

    def make(self, region: str) -> tuple[str, float]:
        """A token and when it ends, in seconds since the epoch: 15 minutes from now, by the AWS package.

        Signing is done here; only the credentials may come from elsewhere. Raises `BotoCoreError`.
        """
        token, end = MSKAuthTokenProvider.generate_auth_token_from_credentials_provider(
            region, self._credentials
        )
        return token, end / _MILLISECONDS


class _Kept(CredentialProvider):
    """AWS's ordinary credential chain, asked once and renewed by botocore before its credentials end.

    The AWS package by itself asks the whole chain for each token, which is a call of STS for a role of
    Kubernetes, and aiokafka wants a token for each connection.
    """

    METHOD = "kept"

    def __init__(self) -> None:
        super().__init__()
        self._botocore = Session()

    def load(self) -> ReadOnlyCredentials:
        """Key, secret and session token of one moment. Raises `BotoCoreError`."""
        credentials = self._botocore.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return credentials.get_frozen_credentials()
