"""`python -m unsaid` is the same as `unsaid`."""

from unsaid.cli import main

main()
