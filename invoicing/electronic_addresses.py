"""Where parties take e-invoices (BT-34, BT-49): the schemes of the EAS list, and the usual ones' forms."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CODES = """
0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 0188 0190
0191 0192 0193 0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 0212 0213 0215 0216
0217 0218 0219 0220 0221 0225 0230 0235 0240 0242 0244 0245 0246 0248 9910 9913 9914 9915 9918 9919 9920 9922
9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938 9939 9940 9941 9942 9943 9944
9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959 AN AQ AS AU EM
"""
SCHEMES = frozenset(_CODES.split())
"""EN 16931's code list of April 2026."""
EMAIL = "EM"

FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "0007": (re.compile(r"[0-9]{10}"), "10 digits, a Swedish organisation number"),
    "0009": (re.compile(r"[0-9]{14}"), "14 digits, a French SIRET"),
    "0088": (re.compile(r"[0-9]{13}"), "13 digits, a GLN"),
    "0106": (re.compile(r"[0-9]{8}"), "8 digits, a Dutch KVK number"),
    "0184": (re.compile(r"(DK)?[0-9]{8}"), "8 digits, a Danish CVR number"),
    "0190": (re.compile(r"[0-9]{20}"), "20 digits, a Dutch OIN"),
    "0192": (re.compile(r"[0-9]{9}"), "9 digits, a Norwegian organisation number"),
    "0198": (re.compile(r"DK[0-9]{8}"), "DK and 8 digits, a Danish SE number"),
    "0204": (re.compile(r"[0-9]{2,12}(-[0-9A-Z]{1,30}-[0-9]{2})?"), "a German Leitweg-ID"),
    "0208": (re.compile(r"[01][0-9]{9}"), "10 digits, a Belgian enterprise number"),
    "9925": (re.compile(r"BE[01][0-9]{9}"), "a Belgian VAT number"),
    "9930": (re.compile(r"DE[0-9]{9}"), "a German VAT number"),
    "9944": (re.compile(r"NL[0-9A-Z+*]{12}"), "a Dutch VAT number"),
}
"""What is under a scheme, where it is not just any text."""
