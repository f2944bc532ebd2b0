"""Off-exchange volume, short volume and short interest as FINRA reports them."""
