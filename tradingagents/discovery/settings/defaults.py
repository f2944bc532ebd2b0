"""``DEFAULT_CONFIG``: every setting with its default. Plain data; this file imports nothing.

A partial dict is laid over these defaults by ``DiscoveryGraph(config)``; an unknown key is refused
with the nearest valid name. Keys and secrets never stand here: they are read from the environment
variables named below, when a vendor is first asked.
"""

# What every scanner takes beside limit, and what most vendors have in common; explained below.
_SCANNER = {"enabled": True, "timeout_seconds": None, "isolation": "thread"}
_VENDOR = {
    "quota_redis_url_env": None,
    "attempts": 3,
    "connect_timeout_seconds": 5,
    "read_timeout_seconds": 10,
    "exchange_timeout_seconds": 60,
    "max_body_bytes": 20_000_000,
}

DEFAULT_CONFIG = {
    "discovery": {
        # live | sandbox | replay. The environment variable TRADINGAGENTS_DATA_SOURCE, when set, wins.
        "data_source": "live",
        # Where runs leave what the next one should know: spent quotas, cached answers, open circuits; no key.
        # None: the user's cache directory (XDG_CACHE_HOME/tradingagents, ~/.cache/tradingagents, or what the
        # platform has for it), never the package's own; with the sandbox as data source, memory only.
        "state_dir": None,
        "scanner_execution": {
            "concurrent": True,  # False: the same engine, one scanner and one request at a time
            "max_workers": 8,  # scanners that run at once
            "timeout_seconds": 30,  # for each scanner, from its own start
            "request_workers": 8,  # requests that one scanner's self.map() has under way at once
            # A scanner that failed or timed out in each of its last runs is left out, and tried again
            # once when that long has passed. 0: never left out. force: run it all the same.
            "open_after_failures": 3,
            "reopen_after_seconds": 3_600,
            "force": False,
        },
        # Disabling a pipeline disables its scanners; a lower priority ranks first.
        "pipelines": {
            "edge": {"enabled": True, "priority": 1},
            "momentum": {"enabled": True, "priority": 2},
            "events": {"enabled": True, "priority": 3},
            "news": {"enabled": True, "priority": 4},
            "social": {"enabled": True, "priority": 5},
        },
        # Every scanner takes: enabled; limit, the most candidates it may put forward (its score decides);
        # timeout_seconds, None for the one above; isolation, "thread" or "process". A thread cannot be killed
        # but is abandoned, and code that keeps the interpreter lock stops all. A process can; it starts late.
        "scanners": {
            "insider_buying": {
                **_SCANNER,
                "timeout_seconds": 180,  # some thousand requests for a day, at ten a second; then kept
                "limit": 20,
                "lookback_days": 1,  # business days with a new purchase; a day not over yet comes besides
                "cluster_days": 10,  # business days in which a company's insiders are counted together
                "min_value_usd": 25_000,  # least dollars bought in those, all insiders together
                "max_filings": None,  # most filings of the lookback days read in a scan; None: all
            },
            "material_events": {
                **_SCANNER,
                "timeout_seconds": 120,  # for days the feed no longer has: a request for each filing
                "limit": 15,
                "lookback_days": 1,  # business days of Form 8-K filings, ending at the trade date
                "items": None,  # item numbers that count; None: those with a weight in event_items.py
                "max_filings": None,  # most headers read in a scan, for days the feed no longer has
            },
            "short_squeeze": {
                **_SCANNER,
                "limit": 10,
                "min_days_to_cover": 8.0,  # shares sold short over a day's mean volume
                "min_growth": 0.5,  # or since the settlement before, as a fraction, with the next
                "min_growth_days_to_cover": 3.0,
                "min_short_shares": 1_000_000,
                "min_mean_volume": 200_000,  # shares a day
            },
            "short_volume": {
                **_SCANNER,
                "limit": 10,
                "mean_days": 20,  # sessions in a share's usual part
                "min_short_share": 0.7,  # of the newest session's off-exchange volume, as a fraction
                "min_excess": 0.2,  # above its usual part
                "min_volume": 1_000_000,  # off-exchange shares on the newest session
            },
            "volume_accumulation": {
                **_SCANNER,
                "limit": 15,
                # "finra": off-exchange volume, from FINRA's files; "bars": all volume, from the stored bars
                "source": "finra",
                "mean_days": 20,  # sessions in the mean that the newest session is compared with
                "min_ratio": 2.0,  # newest volume over that mean
                "min_volume": 100_000,  # least shares on the newest session; with bars, in that mean
                "max_change": 0.05,  # with bars: of the close, either way, as a fraction
                "min_close_location": 0.5,  # with bars: in the day's range, 0 low, 1 high
            },
            # The next nine read the stored daily bars ("market" below) and are skipped without them. Their
            # thresholds are explained in discovery/screens; fractions, not percent; days are sessions.
            "technical_breakout": {
                **_SCANNER,
                "limit": 10,
                "days": 20,  # the close must be above the highest high of so many
                "min_volume_ratio": 1.5,  # newest volume over its mean
                "volume_days": 20,
            },
            "high_52w_breakout": {
                **_SCANNER,
                "limit": 10,
                "days": 252,
                "base_days": 5,  # the old high must be at least so old
                "min_volume_ratio": 1.5,
                "volume_days": 20,
            },
            "minervini": {
                **_SCANNER,
                "limit": 10,
                "year_days": 252,
                "rise_days": 22,  # over which the 200-day mean must have risen
                "min_above_low": 0.30,
                "max_below_high": 0.25,
                "min_strength": 0.0,  # the year's return, its last quarter counted twice
            },
            "atr_compression": {
                **_SCANNER,
                "limit": 10,
                "short_days": 5,
                "long_days": 20,
                "max_ratio": 0.75,  # mean true range of the short days over that of the long
                "breakout_days": 10,
                "trend_days": 50,
            },
            "volume_dry_up": {
                **_SCANNER,
                "limit": 10,
                "quiet_days": 3,
                "volume_days": 50,
                "max_ratio": 0.55,  # mean volume of the quiet days over that of the days before
                "tight_days": 5,
                "max_range": 0.06,
                "trend_days": 50,
                "max_below_high": 0.10,
            },
            "rsi_oversold": {
                **_SCANNER,
                "limit": 10,
                "period": 2,
                "max_rsi": 10.0,
                "trend_days": 200,
            },
            "gap_up": {
                **_SCANNER,
                "limit": 10,
                "min_gap": 0.03,
                "max_gap": 0.50,  # more is nearly always a reverse split
                "min_volume_ratio": 1.5,
                "volume_days": 20,
                "trend_days": 200,
            },
            "obv_divergence": {
                **_SCANNER,
                "limit": 10,
                "days": 20,
                "max_change": 0.02,
                "max_fall": 0.10,
                "min_obv_days": 5.0,  # rise of on-balance volume, in days of mean volume
            },
            "sector_rotation": {
                **_SCANNER,
                "limit": 10,
                "funds": ["XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY"],
                "benchmark": "SPY",
                "short_days": 21,
                "long_days": 63,
                "min_excess": 0.02,  # of the fund's return over the benchmark's, in the short days
                "trend_days": 50,
            },
            "market_movers": {
                **_SCANNER,
                "limit": 10,
                "min_price_usd": 1.0,
                "min_volume": 100_000,
                "min_change_percent": 3.0,  # of either sign
            },
            "earnings_calendar": {**_SCANNER, "limit": 15, "days_ahead": 7},
            "earnings_surprise": {
                **_SCANNER,
                "limit": 15,
                "lookback_days": 7,  # calendar days up to the trade date
                "min_eps_surprise_percent": 10.0,  # of the estimate's size, whatever its sign
                "min_eps_surprise_usd": 0.02,  # and at least so much: a cent may be rounding
                "eps_floor_usd": 0.1,  # a smaller estimate counts as this, so that no percentage explodes
                "min_revenue_surprise_percent": 5.0,
                "directions": ["beat", "miss", "mixed"],  # mixed: one figure beat, the other missed
            },
            "analyst_revisions": {
                **_SCANNER,
                "limit": 10,
                "tickers": [],  # empty: those in the state, else those reporting earnings soon
                # Asked about with the requests that are left, and with half of them in any case unless
                # tickers are named; those asked longest ago first, so that any list is gone through in time.
                "universe": [],
                "max_tickers": 40,  # one request each; Finnhub's free plan allows 60 a minute
                "days_ahead": 7,
                "min_analysts": 3,  # in both months: of two, one who joins moves the mean by a lot
                "min_shift": 0.1,  # change of the mean rating, on a scale of 1 (sell) to 5 (buy)
            },
            "options_flow": {
                **_SCANNER,
                "limit": 10,
                # The watchlist, at most 10: one request each of Alpha Vantage's 25 a day. Without one the
                # scanner is skipped and says so. Some plans do not include option chains.
                "tickers": [],
                "min_volume": 500,  # contracts of the session
                "min_volume_over_open_interest": 2.0,
                "min_premium_usd": 100_000,  # volume times mark times 100 shares
                "min_days_to_expiry": 1,  # 0 lets in what expires on the session itself
                "max_days_to_expiry": 60,
                "max_delta": 0.9,  # of either sign; beyond it an option stands in for the share
                "requests_left_to_others": 4,  # of the day's: market_movers, news_catalyst need one each
            },
            "news_catalyst": {
                **_SCANNER,
                "limit": 10,
                "lookback_hours": 24,
                "min_relevance": 0.5,
                "min_sentiment": 0.35,  # Alpha Vantage calls 0.35 and more "bullish"
            },
            "reddit_trending": {
                **_SCANNER,
                "limit": 10,
                "subreddits": ["wallstreetbets", "stocks", "investing", "options"],
                "posts_per_subreddit": 100,
                "max_age_days": 3,
                "min_mentions": 3,  # distinct posts, of one author one
            },
            "reddit_dd": {
                **_SCANNER,
                "limit": 10,
                "subreddits": ["wallstreetbets", "stocks", "investing", "SecurityAnalysis", "ValueInvesting"],
                "posts_per_subreddit": 50,
                "max_age_days": 7,
                "min_score": 20,  # upvotes
                "min_words": 150,
            },
        },
        # base_url is where the vendor is reached; the sandbox puts its own address there.
        # rates: at most so many requests in any window of so many seconds, for everything on this machine
        # that shares a state directory. ttl_seconds: how long an answer is fresh, by a glob over what follows
        # the base URL; the first match counts, and what none matches is not cached; a dict
        # given here replaces the whole one below. attempts include the
        # first. breaker: after fail_max failures in a row the vendor is left alone for reset_after_seconds.
        # stale_if_error_seconds: how long beyond its TTL an answer may stand in when no newer one can be had.
        # Timeouts are for one socket operation; exchange_timeout_seconds for a request with its whole body.
        # quota_redis_url_env: for several machines with one quota, the environment variable with the address
        # of their Redis ("redis://host:6379/0"; needs the extra "redis"). None: the state directory.
        "vendors": {
            "alpha_vantage": {
                **_VENDOR,
                "base_url": "https://www.alphavantage.co/query",
                "api_key_env": "ALPHA_VANTAGE_API_KEY",
                # the free plan, from the vendor's support page: 25 a day, 1 a second. A premium plan has no
                # daily limit: put its requests per minute here, such as {"requests": 75, "seconds": 60}
                "rates": [{"requests": 1, "seconds": 1}, {"requests": 25, "seconds": 86_400}],
                "ttl_seconds": {
                    "*function=TOP_GAINERS_LOSERS*": 600,
                    "*function=NEWS_SENTIMENT*": 900,
                    "*function=HISTORICAL_OPTIONS*": 21_600,
                    "*function=EARNINGS_CALENDAR*": 21_600,
                    "*function=LISTING_STATUS*": 43_200,
                    "*function=OVERVIEW*": 86_400,
                    "*function=TIME_SERIES_DAILY*": 3_600,
                    "*function=SPLITS*": 86_400,
                },
                "breaker": {"fail_max": 5, "reset_after_seconds": 60},
                "stale_if_error_seconds": 86_400,
            },
            "finnhub": {
                **_VENDOR,
                "base_url": "https://finnhub.io/api/v1",
                "api_key_env": "FINNHUB_API_KEY",
                # finnhub.io/docs/api/rate-limit: 30 a second on every plan, 60 a minute on the free one
                "rates": [{"requests": 30, "seconds": 1}, {"requests": 60, "seconds": 60}],
                "ttl_seconds": {
                    "/calendar/earnings*": 3_600,
                    "/stock/recommendation*": 43_200,  # monthly snapshots
                    "/stock/insider-transactions*": 3_600,
                    "/stock/metric*": 21_600,
                    "/stock/symbol*": 86_400,
                    "/stock/profile2*": 86_400,
                    "/company-news*": 600,
                    "/news*": 300,
                    "/quote*": 30,
                },
                "breaker": {"fail_max": 5, "reset_after_seconds": 60},
                "stale_if_error_seconds": 86_400,
            },
            "reddit": {
                **_VENDOR,
                "base_url": "https://oauth.reddit.com",
                "token_url": "https://www.reddit.com",
                "client_id_env": "REDDIT_CLIENT_ID",
                "client_secret_env": "REDDIT_CLIENT_SECRET",
                # Reddit wants "<platform>:<app id>:<version> (by /u/<user>)"
                "user_agent_env": "REDDIT_USER_AGENT",
                # Reddit Data API Wiki: 100 a minute for each OAuth client, averaged over ten minutes
                "rates": [{"requests": 100, "seconds": 60}],
                "ttl_seconds": {"/r/*": 300, "/comments/*": 300},
                "repeatable_posts": ["/api/v1/access_token"],  # a second grant is only another token
                "breaker": {"fail_max": 5, "reset_after_seconds": 60},
                "stale_if_error_seconds": 21_600,
            },
            "sec": {
                **_VENDOR,
                "base_url": "https://www.sec.gov",
                # the SEC refuses callers that do not name themselves: "Company Name admin@company.com"
                "user_agent_env": "SEC_EDGAR_USER_AGENT",
                # sec.gov, "Accessing EDGAR data": 10 a second over all machines of a user
                "rates": [{"requests": 10, "seconds": 1}],
                "ttl_seconds": {
                    "/Archives/edgar/data/*": 2_592_000,  # a filing never changes
                    "/Archives/edgar/daily-index/*": 21_600,
                    "/Archives/edgar/full-index/*": 21_600,
                    "/cgi-bin/browse-edgar*": 60,
                    "/files/*": 86_400,
                },
                "breaker": {"fail_max": 5, "reset_after_seconds": 60},
                "stale_if_error_seconds": 86_400,
                "exchange_timeout_seconds": 120,
                "max_body_bytes": 50_000_000,
            },
            "finra": {
                **_VENDOR,
                "base_url": "https://cdn.finra.org",
                # no published limit for these static files: gentler than what the SEC asks for
                "rates": [{"requests": 8, "seconds": 1}],
                # a file may be replaced later that day
                "ttl_seconds": {"/equity/regsho/daily/*": 21_600, "/equity/otcmarket/biweekly/*": 21_600},
                "breaker": {"fail_max": 5, "reset_after_seconds": 60},
                "stale_if_error_seconds": 86_400,
            },
            "nasdaq": {
                **_VENDOR,
                "base_url": "https://www.nasdaqtrader.com",
                # no published limit: two files a day are all there is
                "rates": [{"requests": 2, "seconds": 1}],
                "ttl_seconds": {"/dynamic/SymDir/*": 43_200},
                "breaker": {"fail_max": 5, "reset_after_seconds": 60},
                "stale_if_error_seconds": 604_800,
            },
            # Asked by the market update only, when it is told to: an unofficial endpoint, for personal use.
            "yahoo": {
                **_VENDOR,
                "base_url": "https://query2.finance.yahoo.com",
                # no published limit; whoever asks faster for long is turned away for minutes to hours
                "rates": [{"requests": 1, "seconds": 2}],
                "ttl_seconds": {"/v8/finance/chart/*": 900},
                "attempts": 2,
                "breaker": {"fail_max": 5, "reset_after_seconds": 300},
                "stale_if_error_seconds": 0,  # yesterday's bars are in the store already
                "read_timeout_seconds": 15,
            },
        },
        # Daily bars for the technical scanners and for the filter. They are imported, not fetched during a
        # scan: OhlcvStore.upsert(), import_files(); see discovery/bars.
        "market": {
            "store_dir": None,  # None: "ohlcv" in the state_dir
            # Which tickers are screened. "stored": the listed common stocks that have bars; "listed": all
            # listed common stocks, those without bars counted as unanswered; a text file, one ticker a
            # line; or a list of tickers.
            "universe": "stored",
            "max_age_sessions": 0,  # how many sessions the bars may be older than the newest closed one
            "min_share": 0.8,  # of those tickers must have a bar of the session; fewer are stale data
        },
        "filter": {
            "min_priority": "low",  # critical | high | medium | low
            "exclude_tickers": [],
            # The limits below drop a candidate that is known to miss them; one of which nothing is known
            # stays, and is counted as unknown. None: no such limit. Price and dollar volume come from the
            # stored daily bars, market capitalisation from the candidate's own evidence.
            # The newest record behind a candidate may be so old at the trade date; monthly ratings and
            # short interest are up to five weeks old when they are the newest there is.
            "max_evidence_age_days": 45,
            "min_price_usd": 1.0,
            "min_dollar_volume_usd": 500_000,  # median of close times volume over 20 sessions
            "min_market_cap_usd": None,
            # A share that moved more than this in 5 sessions, up or down, is ranked one priority lower; it
            # is never dropped. None: no difference. What a scanner named here found is exempt: there the
            # move is the signal.
            "recent_move_percent": 25.0,
            "recent_move_exempt": ["rsi_oversold"],
            "timeout_seconds": 60,  # for a filter of your own: DiscoveryGraph(filter=...)
        },
        "ranker": {
            "limit": 50,  # most candidates handed on to the agents; None for all
            # A chat model that puts what was chosen into an order of its own, such as "openai:gpt-5-mini": a
            # name for langchain's init_chat_model (needs the extra [llm] and that provider's package and
            # key). When it fails in any way, the plain order stands, and the run says so. None: no model.
            "model": None,
            "timeout_seconds": 60,  # for the model, or for a ranker of your own: DiscoveryGraph(ranker=...)
        },
    },
}
