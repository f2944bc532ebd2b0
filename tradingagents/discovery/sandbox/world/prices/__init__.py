"""Daily bars, splits and option chains."""
