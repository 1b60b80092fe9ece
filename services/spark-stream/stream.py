"""The streaming service as Spark on Kubernetes submits it: `local:///app/stream.py`."""

import sys

from covid_stream.__main__ import main

sys.exit(main())
