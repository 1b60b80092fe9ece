"""`python -m covid_cli` is the command `covid`."""

from covid_cli.main import main

main()
