"""Importing price files: find the columns, parse the values, store the bars."""
