"""The effect of each kind of fault on an answer and on its delivery."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache

from tradingagents.discovery.sandbox.faults import payload as fault_payload
from tradingagents.discovery.sandbox.faults.rules import Fault
from tradingagents.discovery.sandbox.http.delivery import Delivery, Ending
from tradingagents.discovery.sandbox.http.wire import HTML, Request, Response, json_response
from tradingagents.discovery.sandbox.vendors.alpha_vantage.errors import CSV_ONLY, error, exploded_csv
from tradingagents.discovery.sandbox.vendors.sec.pages import too_fast

__all__ = ["apply_fault"]

_MEGABYTE = 1 << 20
_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Will be right back</title></head>"
    b"<body><h1>Will be right back...</h1><p>We are working on it.</p></body></html>\n"
)
_DENIED = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'
_BEARER = (("WWW-Authenticate", 'Bearer realm="reddit", error="invalid_token"'),)
_ENTITIES = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
_BOMB_DTD = f'<!DOCTYPE bomb [<!ENTITY b0 "bomb">{_ENTITIES}]>'

Effect = Callable[[Fault, Request, Delivery], Delivery]


def apply_fault(fault: Fault, vendor: str, request: Request, delivery: Delivery) -> Delivery:
    """Return the delivery with the fault applied; ``refuse`` and ``slow`` are implemented elsewhere."""
    if fault.kind in _PAYLOAD:
        body = _PAYLOAD[fault.kind](delivery.response.body)
        return _with_body(delivery, body)
    if fault.kind == "vendor_error":
        return replace(delivery, response=_vendor_error(fault, vendor, request))
    if fault.kind == "status":
        return replace(delivery, response=_status(fault, vendor))
    effect = _EFFECTS.get(fault.kind)
    return effect(fault, request, delivery) if effect else delivery


def _with_body(delivery: Delivery, body: bytes) -> Delivery:
    return replace(delivery, response=replace(delivery.response, body=body))


def _number(fault: Fault, option: str) -> float:
    value = fault.options[option]
    return float(value) if isinstance(value, int | float) else 0.0  # Fault rejects other types


def _reset(_fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    return replace(delivery, head=False, ending=Ending.RESET)


def _reset_mid_body(_fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    return replace(delivery, sent=len(delivery.response.body) // 2, ending=Ending.RESET)


def _hang(_fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    return replace(delivery, head=False, ending=Ending.HANG)


def _hang_after_headers(_fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    return replace(delivery, sent=0, ending=Ending.HANG)


def _drip(fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    return replace(delivery, interval=_number(fault, "interval"))


def _truncate(fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    body = delivery.response.body
    return _with_body(delivery, body[: int(len(body) * _number(fault, "share"))])


def _wrong_length(fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    announced = max(len(delivery.response.body) + int(_number(fault, "extra")), 0)
    return replace(delivery, announced=announced, ending=Ending.CLOSE)


def _empty(_fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    return _with_body(delivery, b"")


def _huge(fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    padding = int(_number(fault, "megabytes")) * _MEGABYTE
    return replace(delivery, padding=padding, chunked=bool(fault.options["chunked"]))


def _gzip_bomb(fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    body = _bomb(int(_number(fault, "megabytes")), delivery.response.body)
    headers = (*delivery.response.headers, ("Content-Encoding", "gzip"))
    return replace(delivery, response=replace(delivery.response, body=body, headers=headers))


@lru_cache(maxsize=4)
def _bomb(megabytes: int, body: bytes) -> bytes:
    """Compress ``megabytes`` of blanks and the body, one megabyte at a time."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    blanks = b" " * _MEGABYTE
    pieces = [packer.compress(blanks) for _ in range(megabytes)]
    return b"".join((*pieces, packer.compress(body), packer.flush()))


def _wrong_type(fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    content_type = str(fault.options["content_type"])
    return replace(delivery, response=replace(delivery.response, content_type=content_type))


def _html(fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    return replace(delivery, response=Response(int(_number(fault, "status")), _PAGE, HTML))


def _xml_bomb(_fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    """Put a document type of nested entities, and one use of it, into the answer's XML."""
    text = delivery.response.body.decode("latin-1")
    declared = text.find("<?xml")
    if declared < 0:
        text, declared = '<?xml version="1.0"?>\n<bomb></bomb>\n', 0
    end = text.index("?>", declared) + 2
    closing = text.index("</", end)
    bombed = f"{text[:end]}\n{_BOMB_DTD}\n{text[end:closing]}&b9;{text[closing:]}"
    return replace(delivery, response=Response(200, bombed.encode("latin-1"), "text/xml"))


def _redirect_loop(_fault: Fault, request: Request, delivery: Delivery) -> Delivery:
    """Redirect the client to the same address."""
    return replace(delivery, response=Response(302, b"", HTML, (("Location", request.target),)))


def _clock_skew(fault: Fault, _request: Request, delivery: Delivery) -> Delivery:
    seconds = _number(fault, "seconds")
    body = fault_payload.shift_dates(delivery.response.body, seconds)
    return replace(_with_body(delivery, body), skew_seconds=seconds)


def _status(fault: Fault, vendor: str) -> Response:
    code = int(_number(fault, "code"))
    headers: tuple[tuple[str, str], ...] = ()
    if fault.options["retry_date_seconds"] is not None:
        when = time.time() + _number(fault, "retry_date_seconds")
        headers = (("Retry-After", formatdate(when, usegmt=True)),)
    elif fault.options["retry_after"] is not None:
        headers = (("Retry-After", str(fault.options["retry_after"])),)
    if vendor == "finnhub":
        texts = {
            401: "Invalid API key",
            403: "You don't have access to this resource.",
            429: "API limit reached.",
        }
        return json_response({"error": texts.get(code, "Something went wrong.")}, code, headers=headers)
    if vendor == "reddit":
        headers += _BEARER if code == 401 else ()
        return json_response({"message": "Error", "error": code}, code, headers=headers)
    if vendor == "sec" and code in {403, 429}:
        return replace(too_fast(), status=code, headers=headers)
    return Response(code, _PAGE, HTML, headers)


def _vendor_error(fault: Fault, vendor: str, request: Request) -> Response:
    """Return HTTP 200 with an error message of the vendor."""
    if vendor == "alpha_vantage":
        function = request.query.get("function", "").upper()
        reason = str(fault.options["reason"] or "second")
        if function in CSV_ONLY and reason in {"second", "minute", "day"}:
            return exploded_csv(function)
        return error(reason, function=function, key=request.query.get("apikey", ""))
    if vendor == "finnhub":
        return json_response({"error": "API limit reached. Please try again later. Remaining Limit: 0"})
    if vendor == "reddit":
        return json_response({"reason": "private", "message": "Forbidden", "error": 403})
    if vendor == "sec":
        return replace(too_fast(), status=200)
    return Response(200, _DENIED, "application/xml") if vendor == "finra" else Response(200, _PAGE, HTML)


_PAYLOAD: dict[str, Callable[[bytes], bytes]] = {
    "nulls": fault_payload.nulls,
    "nan": fault_payload.nan,
    "negative": fault_payload.negative,
    "duplicate_fields": fault_payload.duplicate_fields,
    "unknown_fields": fault_payload.unknown_fields,
}
_EFFECTS: dict[str, Effect] = {
    "reset": _reset,
    "reset_mid_body": _reset_mid_body,
    "hang": _hang,
    "hang_after_headers": _hang_after_headers,
    "drip": _drip,
    "truncate": _truncate,
    "wrong_length": _wrong_length,
    "empty": _empty,
    "huge": _huge,
    "gzip_bomb": _gzip_bomb,
    "wrong_type": _wrong_type,
    "html": _html,
    "xml_bomb": _xml_bomb,
    "redirect_loop": _redirect_loop,
    "clock_skew": _clock_skew,
}
