"""The only place that knows ``requests``: one polite, deadline-aware session for each vendor.

What a call passes, in this order; finnhub-python, praw and plain calls alike::

    FetchSession.request               foreign errors become ours
      single_flight.SingleFlight         equal GETs under way share one answer
        FetchSession (stale copy)          an outage below is covered by an older answer, marked as such
          cache (requests-cache)             a fresh answer is returned here
            requests.Session.send              each redirect passes everything below again
              adapter.VendorAdapter
                retry (tenacity)                 full jitter, GET and HEAD only, within the deadline
                  breaker.Breaker                  open: refused without a request; half-open: one probe
                    pacing.Pacer.await_turn          a turn, waited for or refused; nothing is opened before
                      exchange + wire                  credentials put on
                        connection                       opened, or one that is open already
                          pacing.Pacer.turn                a permit from the quota ledger, waited for again
                                                           if others were faster, with the circuit and the
                                                           connection looked at after each wait
                            the bytes go out                 and the permit's window begins when they have
                        body                             each receive clipped to the deadline, cut by a
                                                         cancel; the whole body, up to the limit
                      classify                         what the answer means: retry, hold, breaker and
                                                       cache follow from it

The permit comes last, so that nothing but the sending lies between it and the bytes: taken before a
connection that is slow to open, permits of several seconds would arrive together. What delays a thread even
there is covered by the ledger, in which a permit counts until a window after its request has left (see
``quota``).

The deadline is ``clock.current_deadline()`` of the calling context, the counters those of
``counters.counting``. Nothing here sleeps other than by the deadline, nothing is built at import, and
every wait inside a call ends by its caller's deadline, apart from the name look-up, which the operating
system bounds. A cancel ends every wait at once but that for a connection, which has a timeout of its own.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify import Finding, Reason
from tradingagents.discovery.net.counters import counting
from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.net.limits.policy import BreakerPolicy, Rate, VendorPolicy
from tradingagents.discovery.net.notes import FetchNote, check, note_of
from tradingagents.discovery.net.session import build_session, open_session
from tradingagents.discovery.net.transport.exchange import Credentials

__all__ = [
    "BreakerPolicy",
    "Credentials",
    "FetchNote",
    "FetchSession",
    "Finding",
    "Rate",
    "Reason",
    "VendorPolicy",
    "build_session",
    "check",
    "counting",
    "note_of",
    "open_session",
]
