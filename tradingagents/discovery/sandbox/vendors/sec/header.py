"""The headers of filings, one tag with its value per line, and the titles of the items of Form 8-K.

Source: sec.gov, "EDGAR Public Dissemination Service Technical Specification"; recorded headers.
"""

from __future__ import annotations

from tradingagents.discovery.sandbox.world.filings.records import Filing

__all__ = ["header_text", "title_of"]

_TITLES = {
    "1.01": "Entry into a Material Definitive Agreement",
    "1.03": "Bankruptcy or Receivership",
    "2.01": "Completion of Acquisition or Disposition of Assets",
    "2.02": "Results of Operations and Financial Condition",
    "2.04": "Triggering Events That Accelerate or Increase a Direct Financial Obligation",
    "2.06": "Material Impairments",
    "3.01": "Notice of Delisting or Failure to Satisfy a Continued Listing Rule or Standard",
    "4.01": "Changes in Registrant's Certifying Accountant",
    "4.02": "Non-Reliance on Previously Issued Financial Statements",
    "5.01": "Changes in Control of Registrant",
    "5.02": "Departure of Directors or Certain Officers; Election of Directors",
    "5.03": "Amendments to Articles of Incorporation or Bylaws",
    "5.07": "Submission of Matters to a Vote of Security Holders",
    "7.01": "Regulation FD Disclosure",
    "8.01": "Other Events",
    "9.01": "Financial Statements and Exhibits",
}


def title_of(item: str) -> str:
    """Return the title of an item, as feeds print it."""
    return _TITLES[item]


def header_text(filing: Filing) -> str:
    """Return the header file of a filing."""
    filers = "".join(
        f"<FILER>\n<COMPANY-DATA>\n<CONFORMED-NAME>{name}\n<CIK>{cik:010d}\n</COMPANY-DATA>\n</FILER>\n"
        for cik, name in filing.filers
    )
    items = "".join(f"<ITEMS>{item}\n" for item in filing.items)
    return (
        f"<SEC-HEADER>{filing.accession}.hdr.sgml : {filing.filed:%Y%m%d}\n"
        f"<ACCEPTANCE-DATETIME>{filing.accepted:%Y%m%d%H%M%S}\n"
        f"<ACCESSION-NUMBER>{filing.accession}\n"
        f"<TYPE>{filing.form}\n"
        "<PUBLIC-DOCUMENT-COUNT>2\n"
        f"<PERIOD>{filing.filed:%Y%m%d}\n"
        f"{items}"
        f"<FILING-DATE>{filing.filed:%Y%m%d}\n"
        f"{filers}"
        "</SEC-HEADER>\n"
    )
