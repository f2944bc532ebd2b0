"""Alpha Vantage: client, bars, option chains, movers and news."""
