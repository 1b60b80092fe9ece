"""Where publishers' files come from: folders, web addresses, object storage; all are polled alike."""
