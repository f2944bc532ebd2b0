"""Keep secrets out of the log lines of the libraries below."""

from __future__ import annotations

import logging

from tradingagents.discovery.model.redact import redact

__all__ = ["RedactSecrets", "guard_library_logs"]

# Those that write URLs: a filter counts only for records of the logger it is on, not for its children's.
_LOGGERS = (
    "requests_cache.backends.base",
    "requests_cache.cache_keys",
    "requests_cache.policy.actions",
    "requests_cache.policy.expiration",
    "requests_cache.session",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.response",
    "urllib3.util.retry",
)


class RedactSecrets(logging.Filter):
    """Rewrites a record so that neither its text nor its traceback shows a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact ``record`` in place and let it pass."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True


_FILTER = RedactSecrets()


def guard_library_logs() -> None:
    """Put the filter on the loggers of urllib3 and requests-cache. Idempotent."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
