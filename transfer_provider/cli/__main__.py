"""`python -m transfer_provider.cli` is `handover`."""

from transfer_provider.cli.app import main

main()
