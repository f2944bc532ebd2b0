"""The only place that knows ``requests``: sessions that obey the deadline of the scanner they work for."""
