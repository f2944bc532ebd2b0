"""HTTP with one ``requests`` session per vendor: rate limits, cache, retries, circuit breaker, deadline.

No other package imports ``requests``, apart from the vendors' clients. Every call, of finnhub-python and praw
too, passes through these layers, outermost first::

    FetchSession.request               foreign errors become ours (translate)
      SingleFlight                       concurrent equal GETs share one response
        FetchSession (stale copy)          an older answer, marked as stale, stands in during an outage
          cache (requests-cache)             a fresh answer is returned here
            requests.Session.send              each redirect passes everything below again
              adapter.VendorAdapter
                retry (tenacity)                 full jitter, GET and HEAD only, within the deadline
                  breaker.Breaker                  open: refused without a request; half-open: one probe
                    limits.pacer.await_turn          waits until a permit is available, or refuses
                      transport.exchange
                        transport.connection             opened, or reused
                          limits.pacer.turn                takes the permit from the quota ledger; waits again
                                                           if another thread was faster, and rechecks circuit
                                                           and connection after each wait
                            credentials, then bytes          the permit's window begins when they are sent
                        transport.wire                   each receive ends by the deadline or a cancel; the
                                                         whole body is read, up to a limit
                      classify                         what the answer means; retry, hold, breaker and
                                                       cache follow from it

The permit is taken last, so that only the sending lies between it and the bytes: taken before a connection
that is slow to open, permits of several seconds would arrive together. What delays a thread even there is
covered by the ledger, in which a permit counts until a window after its request was sent (``limits.ledger``).

The deadline is ``clock.current_deadline()`` of the calling context, the counters those of
``counters.counting``. Every sleep is the deadline's, nothing is built at import, and every wait inside a call
ends by its caller's deadline, except the name look-up, which the operating system bounds. A cancel ends every
wait at once, except for a connection, which has a timeout of its own.

No key appears in a log record, also not at DEBUG level of urllib3 and requests-cache: credentials are added
below them (``transport.credentials``). The log records of other packages are not changed.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify import Finding, Reason
from tradingagents.discovery.net.counters import counting
from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.net.notes import FetchNote, check, note_of
from tradingagents.discovery.net.session import open_session
from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.net.vendor import Vendor

__all__ = [
    "Credentials",
    "FetchNote",
    "FetchSession",
    "Finding",
    "Reason",
    "Vendor",
    "check",
    "counting",
    "note_of",
    "open_session",
]
