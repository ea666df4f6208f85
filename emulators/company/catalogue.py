"""What the company sells, to whom, and the words that it uses."""

from datetime import date

# Monthly price of one seat in cents of the account's currency.
PLANS = {"starter": 900, "team": 1900, "business": 3900, "enterprise": 7900}
PLAN_NAMES = tuple(PLANS)
TRIAL_DAYS = 14

CURRENCIES = {"US": "USD", "CA": "USD", "GB": "GBP", "DE": "EUR", "FR": "EUR", "NL": "EUR", "JP": "JPY", "BR": "USD"}
# More than once where more customers are.
COUNTRIES = ("US", "US", "US", "US", "GB", "GB", "DE", "DE", "DE", "FR", "NL", "CA", "JP", "BR")

# Names that try a pipeline: quotes, backslashes, other scripts, a comma, emoji.
FIRST_NAMES = ("Ada", "Grace", "Zoë", "Björn", "Seán", "Chloé", "Łukasz", "Nguyễn", "Ольга", "美咲", "Omar", "D'Arcy")
LAST_NAMES = ("Lovelace", "Hopper", "O'Neill", "Müller", "Ångström", "García", "Smith, Jr.", "山田", "Иванова", "Brown")
COMPANY_WORDS = (
    "North",
    "River",
    "Blue",
    "Stone",
    "Copper",
    "Über",
    "Café",
    "Delta",
    "Fox",
    "O'Hara",
    "Sakura",
    "Nova",
)
COMPANY_KINDS = ("Labs", "GmbH", "& Sons", "Ltd.", "株式会社", "Inc.", "S.A.", 'd/b/a "Works"', "Co\\op", "Group")

ROLES = ("owner", "admin", "member", "member", "member", "viewer")
SEVERITIES = ("low", "medium", "high", "critical")
TITLES = ("Export hangs", "Cannot sign in", "Wrong total on invoice", "API returns 502", "Löschen geht nicht", None)
NOTES = (
    "Customer called.",
    "Asked for logs; waiting.",
    'Said: "it worked yesterday".',
    "Line one\nline two\twith a tab",
    "Fixed in release 2.4 ✓",
    "c:\\temp\\trace.txt attached",
    "",
    None,
)

FEATURES = ("dashboard", "report", "export", "api_call", "search", "alert", "import", "share", "comment", "automation")
FEATURE_WEIGHTS = (22, 14, 6, 26, 16, 4, 3, 3, 4, 2)
LOGIN_METHODS = ("password", "password", "sso", "sso", "passkey", "magic_link")
PRODUCERS = ("web", "web", "mobile", "server")


def currency(country: str | None) -> str:
    """The currency of an account, by its country at signing; dollars where it is unknown."""
    return CURRENCIES.get(country or "", "USD")


def monthly_cents(plan: str, seats: int) -> int:
    """Monthly recurring revenue in cents: a tenth less from 50 seats."""
    full = PLANS[plan] * seats
    return full - full // 10 if seats >= 50 else full


def money(cents: int) -> str:
    """Decimal text with two places, as numeric(12,2) prints it: -5 -> "-0.05"."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def cents(text: str) -> int:
    """The inverse of money()."""
    return int(text.replace(".", ""))


def days_between(earlier: str, later: str) -> int:
    """Days from one ISO date (or the date of an ISO moment) to another."""
    return (date.fromisoformat(later[:10]) - date.fromisoformat(earlier[:10])).days
