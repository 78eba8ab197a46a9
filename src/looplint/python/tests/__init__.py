"""Tests of the Python package: `python -m unittest discover -s src/looplint/python -t src/looplint/python`."""
