"""The ranker: in which order candidates are handed on."""
