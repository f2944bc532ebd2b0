"""Ownership filings as text: the XML document and the submission it is wrapped in.

Source: sec.gov, "EDGAR Ownership XML Technical Specification"; recorded filings. Booleans are written as
``1``/``0`` or ``true``/``false``, mixed inside one filing as real ones are.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from tradingagents.discovery.sandbox.world.filings.records import Filing, Owner, Trade

__all__ = ["ownership_xml", "submission_text"]

_HELD = """
        <nonDerivativeHolding>
            <securityTitle><value>Common Stock</value></securityTitle>
            <postTransactionAmounts>
                <sharesOwnedFollowingTransaction><value>410000</value></sharesOwnedFollowingTransaction>
            </postTransactionAmounts>
            <ownershipNature>
                <directOrIndirectOwnership><value>I</value></directOrIndirectOwnership>
                <natureOfOwnership><value>By Trust</value></natureOfOwnership>
            </ownershipNature>
        </nonDerivativeHolding>"""


def _value(tag: str, text: str, note: str = "") -> str:
    inner = f"<value>{text}</value>" if text else ""
    return f"<{tag}>{inner}{note}</{tag}>"


def _number(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")


def _owner(owner: Owner) -> str:
    officer = bool(owner.title)
    title = f"<officerTitle>{escape(owner.title)}</officerTitle>" if officer else ""
    return f"""
    <reportingOwner>
        <reportingOwnerId>
            <rptOwnerCik>{owner.cik:010d}</rptOwnerCik>
            <rptOwnerName>{escape(owner.name)}</rptOwnerName>
        </reportingOwnerId>
        <reportingOwnerAddress>
            <rptOwnerStreet1>1 FICTION ROAD</rptOwnerStreet1>
            <rptOwnerStreet2></rptOwnerStreet2>
            <rptOwnerCity>NOWHERE</rptOwnerCity>
            <rptOwnerState>NY</rptOwnerState>
            <rptOwnerZipCode>10000</rptOwnerZipCode>
            <rptOwnerStateDescription></rptOwnerStateDescription>
        </reportingOwnerAddress>
        <reportingOwnerRelationship>
            <isDirector>{int(owner.director)}</isDirector>
            <isOfficer>{str(officer).lower()}</isOfficer>
            <isTenPercentOwner>{int(owner.ten_percent)}</isTenPercentOwner>
            <isOther>false</isOther>
            {title}
            <otherText></otherText>
        </reportingOwnerRelationship>
    </reportingOwner>"""


def _trade(filing: Filing, trade: Trade, note: str) -> str:
    kind = "derivativeTransaction" if trade.derivative else "nonDerivativeTransaction"
    price = "" if trade.price is None else _number(trade.price)
    swap = "true" if trade.swap else "0"
    held = _number(trade.shares * 4)
    indirect = filing.owners[0].ten_percent
    return f"""
        <{kind}>
            {_value("securityTitle", "Call Option" if trade.derivative else trade.security)}
            {_value("conversionOrExercisePrice", "12.5") if trade.derivative else ""}
            {_value("transactionDate", str(trade.day or filing.filed))}
            <deemedExecutionDate></deemedExecutionDate>
            <transactionCoding>
                <transactionFormType>{filing.form[0]}</transactionFormType>
                <transactionCode>{trade.code}</transactionCode>
                <equitySwapInvolved>{swap}</equitySwapInvolved>
            </transactionCoding>
            {_value("transactionTimeliness", "")}
            <transactionAmounts>
                {_value("transactionShares", _number(trade.shares))}
                {_value("transactionPricePerShare", price, note)}
                {_value("transactionAcquiredDisposedCode", "A" if trade.acquired else "D")}
            </transactionAmounts>
            {_underlying(trade) if trade.derivative else ""}
            <postTransactionAmounts>
                {_value("sharesOwnedFollowingTransaction", held)}
            </postTransactionAmounts>
            <ownershipNature>
                {_value("directOrIndirectOwnership", "I" if indirect else "D")}
                {_value("natureOfOwnership", "By fund") if indirect else ""}
            </ownershipNature>
        </{kind}>"""


def _underlying(trade: Trade) -> str:
    return (
        f"{_value('exerciseDate', '2026-06-01')}{_value('expirationDate', '2031-06-01')}"
        f"<underlyingSecurity>{_value('underlyingSecurityTitle', 'Common Stock')}"
        f"{_value('underlyingSecurityShares', _number(trade.shares))}</underlyingSecurity>"
    )


def _tables(filing: Filing) -> tuple[str, str, str]:
    """Return the two tables' rows and the footnotes they point to; every other issuer has another holding."""
    plain, derivative, notes = _HELD if filing.issuer_cik % 2 else "", "", ""
    for number, trade in enumerate(filing.trades, 1):
        mark = ""
        if trade.footnote:
            mark = f'<footnoteId id="F{number}"/>'
            notes += f'<footnote id="F{number}">{escape(trade.footnote)}</footnote>'
        row = _trade(filing, trade, mark)
        plain, derivative = (plain, derivative + row) if trade.derivative else (plain + row, derivative)
    return plain, derivative, notes


def ownership_xml(filing: Filing) -> str:
    """Return the document of a form 3, 4 or 5. It has no name space, as EDGAR's have none."""
    plain, derivative, notes = _tables(filing)
    original = (
        f"<dateOfOriginalSubmission>{filing.original}</dateOfOriginalSubmission>" if filing.original else ""
    )
    period = min((one.day or filing.filed for one in filing.trades), default=filing.filed)
    plan = "" if filing.plan is None else f"<aff10b5One>{filing.plan}</aff10b5One>"
    return f"""<?xml version="1.0"?>
<ownershipDocument>
    <schemaVersion>{filing.schema}</schemaVersion>
    <documentType>{filing.form}</documentType>
    <periodOfReport>{period}</periodOfReport>
    {original}
    <notSubjectToSection16>0</notSubjectToSection16>
    <issuer>
        <issuerCik>{filing.issuer_cik:010d}</issuerCik>
        <issuerName>{escape(filing.issuer)}</issuerName>
        <issuerTradingSymbol>{escape(filing.symbol)}</issuerTradingSymbol>
    </issuer>{"".join(map(_owner, filing.owners))}
    {plan}
    <nonDerivativeTable>{plain}
    </nonDerivativeTable>
    <derivativeTable>{derivative}
    </derivativeTable>
    <footnotes>{notes}</footnotes>
    <remarks></remarks>
    <ownerSignature>
        <signatureName>/s/ {escape(filing.owners[0].name)}</signatureName>
        <signatureDate>{filing.filed}</signatureDate>
    </ownerSignature>
</ownershipDocument>
"""


def submission_text(filing: Filing) -> str:
    """Return the whole submission: header, and the documents in their SGML envelopes."""
    document, inside = filing.document, ownership_xml(filing) if filing.ownership else ""
    if filing.ownership:
        # the submission is Latin-1 and the document in it UTF-8: only ASCII is the same in both
        inside = f"<XML>\n{inside.encode('ascii', 'xmlcharrefreplace').decode()}</XML>"
    else:
        document, inside = "document.txt", "An invented filing of the sandbox. It says nothing."
    parties = "".join(_party("REPORTING-OWNER", "OWNER", cik, name) for cik, name in filing.filers[:-1])
    parties += _party("ISSUER" if filing.ownership else "FILER", "COMPANY", filing.issuer_cik, filing.issuer)
    stamp = f"{filing.filed:%Y%m%d}"
    return f"""<SEC-DOCUMENT>{filing.accession}.txt : {stamp}
<SEC-HEADER>{filing.accession}.hdr.sgml : {stamp}
<ACCEPTANCE-DATETIME>{filing.accepted:%Y%m%d%H%M%S}
ACCESSION NUMBER:\t\t{filing.accession}
CONFORMED SUBMISSION TYPE:\t{filing.form}
PUBLIC DOCUMENT COUNT:\t\t1
CONFORMED PERIOD OF REPORT:\t{stamp}
FILED AS OF DATE:\t\t{stamp}
DATE AS OF CHANGE:\t\t{stamp}
{parties}</SEC-HEADER>
<DOCUMENT>
<TYPE>{filing.form}
<SEQUENCE>1
<FILENAME>{document}
<DESCRIPTION>FORM {filing.form}
<TEXT>
{inside}
</TEXT>
</DOCUMENT>
</SEC-DOCUMENT>
"""


def _party(part: str, kind: str, cik: int, name: str) -> str:
    return (
        f"\n{part}:\t\n\n\t{kind} DATA:\t\n"
        f"\t\tCOMPANY CONFORMED NAME:\t\t\t{name}\n\t\tCENTRAL INDEX KEY:\t\t\t{cik:010d}\n"
    )
