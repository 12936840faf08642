"""How many characters texts may have, by whatever way they come in.

Every page of a list holds up to 100 customers in memory, so that the longest customer bounds what one
request can cost. The reference takes address lines and external IDs of any length: ours hold what it is
known to have taken.
"""

MAX_NAME = 256
"""Of a customer or member; the reference's own limit."""

MAX_EXTERNAL_ID = 5000
"""Of a customer or member."""

MAX_ADDRESS_LINE = 5000
"""Of an address's lines and its city."""

MAX_ADDRESS_CODE = 500
"""Of an address's postal code and state."""

MAX_TAX_ID = 100
"""Of a tax number, with the spaces that people put into it; the longest format has 21."""

MAX_LOCALE = 100
"""Of a language tag; checking one takes time that grows with the square of its length."""

MAX_METADATA_KEY = 40
"""Of a metadata key; the reference's own limit."""

MAX_METADATA_TEXT = 500
"""Of a text in metadata; the reference's own limit."""

MAX_LIST = 100
"""How many entries a list in an organization's settings, or within an object of commerce, may have."""

MAX_OBJECT_TEXT = 5000
"""Of a text in an object of commerce, such as a meter's name. The reference takes any length."""

MAX_DESCRIPTION = 20_000
"""Of a product's description. The reference takes any length."""

MAX_BENEFITS = 100
"""How many benefits a product may have."""

MAX_INTEGER = 2**31 - 1
"""The largest number that the reference's columns of whole numbers hold."""

MAX_SETTING = 500
"""Of a text in such a list. The reference takes lists and texts of any length."""

MAX_WEBHOOK_NAME = 5000
"""Of a webhook endpoint."""

MIN_WEBHOOK_SECRET = 32
"""Of a secret that the caller brings; the reference's own limit."""

MAX_WEBHOOK_SECRET = 1000
"""Of a secret that the caller brings."""
