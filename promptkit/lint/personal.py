"""Personal data in texts: addresses and numbers that belong to somebody, as against those that are made up.

Made up are what is set aside for it: names under example.com and the like (RFC 2606), the telephone numbers of films
(555 in North America; Ofcom and ARCEP set aside others), the test cards of payment services, the IBANs of manuals.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from promptkit.lint.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

NEAR = 60  # characters before a number that may say what it is
RARE = 3  # digits that differ, which a number has more of than one that is made up


class Personal(NamedTuple):
    """One of them: `text[start:end]`. `kind` says what it is."""

    start: int
    end: int
    kind: str


_LOCAL = re.compile(r"[\w.+-]{0,64}", re.ASCII)  # of the text before the sign, turned round
_HOST = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}(?![\w@(]|\.\w)")
_RESERVED = re.compile(
    r"(?:.*\.)?(?:example|test|invalid|localhost|local|internal|lan|png|jpe?g|gif|svg|js|ts|py|json|md|html|css|yaml)\Z"
    r"|(?:.*[.-])?(?:(?:your|my|our|some|any|the)?-?(?:example|company|domain|organi[sz]ation|org|corp|firm|email|mail"
    r"|site|website|business|provider|host|server|school|university|test|sample|demo|foo|bar|acme|contoso|fabrikam))"
    r"(?:\.[a-z]{2,4}){1,2}\Z|(?:.*\.)?noreply\..*|(?:abc|xyz|xxx+)\.[a-z]+\Z",
    re.IGNORECASE,
)
_ROLES = words(
    "support help helpdesk service customerservice care info information contact hello hi team office mail email admin"
    " administrator root webmaster postmaster hostmaster abuse security privacy legal compliance dpo gdpr noreply reply"
    " sales marketing press media pr news newsletter jobs careers hr recruiting billing accounts accounting invoice"
    " invoices payments orders order shop returns booking bookings reservations feedback enquiries inquiries editor"
    " subscribe unsubscribe events community partners dev developers api git ops devops alerts notifications bot system"
)
_NOBODY = words(
    "user username name firstname lastname first last you your yourname me myname someone somebody anyone person people"
    " customer client sender recipient from to example test tester foo bar baz email address placeholder xxx xyz abc"
    " john jane doe johndoe janedoe jdoe alice bob carol dave eve demo sample"
)
_SEPARATED = re.compile(r"[._+\d-]+")

_PHONE = re.compile(
    r"(?<![\w.+@/=-])(?:\+(?P<abroad>[1-9]\d{0,2}(?:[ .\-]?\(?\d{1,5}\)?){2,6})"
    r"|(?P<local>\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}))(?![\w@/-]|\.\d)"
)
_CALLED = words("phone telephone tel call mobile cell fax number whatsapp sms contact reach")
_FILMS = ("441632960", "4420794600", "447700900", "33199", "336398", "61491570", "6125550", "49302312")
_NOBODYS = frozenset({"800", "833", "844", "855", "866", "877", "888", "900", "555", "123"})

_SSN = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_MANUALS_SSN = frozenset({"123-45-6789", "078-05-1120", "219-09-9999", "111-22-3333", "123-45-6780"})
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_MANUALS_IBAN = re.compile(
    r"DE89370400440532013000|GB82WEST12345698765432|GB29NWBK60161331926819|GB33BUKB20201555555555"
    r"|FR1420041010050500013M02606|FR7630006000011234567890189|NL91ABNA0417164300|ES9121000418450200051332"
    r"|BE68539007547034|AT611904300234573201|CH9300762011623852957|IT60X0542811101000000123456|SE3550000000054910000003"
    r"|IE29AIBK93115212345678"
    r"|DE\d\d(?:12345678|50010517)\d*|DE02\d{18}"
)
_CARD = re.compile(r"(?<![\w.-])[3-6]\d{3}(?:[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}|[ -]?\d{6}[ -]?\d{5})(?![\w-]|\.\d)")
_ISSUED = re.compile(r"4\d{15}|5[1-5]\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12}")
_TESTS = words(
    "4012888888881881 4111111111111111 5105105105105100 378282246310005 371449635398431 6011000990139424"
    " 6011111111111117 4532015112830366 4539578763621486 4916338506082832 5500005555555559 378734493671000"
    " 4485275742308327 4556737586899855 5425233430109903 4263982640269299 4917484589897107 2223003122003222"
)
_PAID = words("card cards visa mastercard amex credit debit payment pan")


_HAS_NUMBER = re.compile(r"\d{3}[ .)-]{1,2}\d|\+\d|\d{12}|[A-Z]\d{2}[ \dA-Z]")


def personal(text: str) -> list[Personal]:
    """The personal data in a text, in order. What is plainly made up, or a role's, is none."""
    found = sorted(_found(text))
    return [each for place, each in enumerate(found) if not place or each.start >= found[place - 1].end]


def _found(text: str) -> Iterator[Personal]:
    if "@" in text:
        yield from _addresses(text)
    if _HAS_NUMBER.search(text) is None:
        return
    yield from (Personal(*each.span(), "a telephone number") for each in _PHONE.finditer(text) if _rings(text, each))
    for match in _SSN.finditer(text):
        named = _before(text, match.start())
        if match[0] not in _MANUALS_SSN and len(set(match[0])) > RARE + 1 and ("ssn" in named or "security" in named):
            yield Personal(*match.span(), "a social security number")
    for match in _IBAN.finditer(text):
        bare = match[0].replace(" ", "")
        if 15 <= len(bare) <= 34 and not _MANUALS_IBAN.fullmatch(bare) and _is_iban(bare):
            yield Personal(*match.span(), "an IBAN")
    for match in _CARD.finditer(text):
        bare = re.sub(r"\D", "", match[0])
        is_named = bare != match[0] or not _PAID.isdisjoint(_before(text, match.start()))
        if is_named and _ISSUED.fullmatch(bare) and bare not in _TESTS and len(set(bare)) > RARE and _adds_up(bare):
            yield Personal(*match.span(), "a card number")


def _addresses(text: str) -> Iterator[Personal]:
    at = text.find("@")
    while at >= 0:
        host = _HOST.match(text, at + 1)
        if host is not None:
            before = _LOCAL.match(text[max(0, at - 65) : at][::-1])
            local = before[0][::-1].lstrip(".-+") if before is not None else ""
            start = at - len(local)
            if local and text[start - 1 : start] not in ("/", ":", "@") and _is_somebody(local, host[0]):
                yield Personal(start, host.end(), "an e-mail address")
        at = text.find("@", at + 1)


def _is_somebody(local: str, host: str) -> bool:
    if _RESERVED.match(host):
        return False
    parts = frozenset(each for each in _SEPARATED.split(local.casefold().partition("+")[0]) if each)
    return len(local) > 1 and bool(parts) and parts.isdisjoint(_ROLES) and not parts <= _NOBODY


def _rings(text: str, match: re.Match[str]) -> bool:
    """Whether somebody can have a telephone number."""
    digits = re.sub(r"\D", "", match[0])
    if len(set(digits)) <= RARE or "12345" in digits or "98765" in digits or not 8 <= len(digits) <= 15:
        return False
    if digits.startswith(_FILMS):
        return False
    if match["local"] or (digits.startswith("1") and len(digits) == 11):
        area, exchange = digits[-10:-7], digits[-7:-4]
        if area in _NOBODYS or exchange == "555" or area[0] in "01" or exchange[0] in "01":
            return False
    return match["abroad"] is not None or not _CALLED.isdisjoint(_before(text, match.start()))


def _before(text: str, start: int) -> frozenset[str]:
    """The words in front of a number, on its line."""
    return words(text[max(0, start - NEAR) : start].rpartition("\n")[2])


def _is_iban(bare: str) -> bool:
    """Whether its check digits are right: ISO 13616, the remainder by 97 is 1."""
    return int("".join(str(int(each, 36)) for each in bare[4:] + bare[:4])) % 97 == 1


def _adds_up(digits: str) -> bool:
    """Whether the last digit checks the others: Luhn's sum, ISO/IEC 7812."""
    doubled = (int(each) * (1 + place % 2) for place, each in enumerate(reversed(digits)))
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0
