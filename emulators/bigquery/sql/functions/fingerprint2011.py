"""Fingerprint2011: the 64-bit hash under BigQuery's HyperLogLog++ sketches (specified by Guava's implementation)."""

_K0, _K1, _K2, _K3 = 0xA5B85C5E198ED849, 0x8D58AC26AFE12E47, 0xC47B6E9E3A970ED3, 0xC6A4A7935BD1E995
_MASK = 0xFFFFFFFFFFFFFFFF


def fingerprint(s: bytes) -> int:
    """An unsigned 64-bit number."""
    size = len(s)
    found = _murmur(s, _K0 ^ _K1 ^ _K2) if size <= 32 else _up_to_64(s) if size <= 64 else _long(s)
    first = _load(s, 0) if size >= 8 else _K0
    last = _load(s, size - 8) if size >= 9 else _K0
    found = _join((found + last) & _MASK, first)
    return found - 2 & _MASK if found in (0, 1) else found


def _load(s: bytes, i: int) -> int:
    return int.from_bytes(s[i : i + 8], "little")


def _right(value: int, shift: int) -> int:
    return (value >> shift | value << (64 - shift)) & _MASK


def _mix(value: int) -> int:
    return value ^ value >> 47


def _join(high: int, low: int) -> int:
    a = _mix((low ^ high) * _K3 & _MASK)
    b = _mix((high ^ a) * _K3 & _MASK)
    return b * _K3 & _MASK


def _murmur(s: bytes, seed: int) -> int:
    whole = len(s) & ~7
    found = seed ^ (len(s) * _K3 & _MASK)
    for i in range(0, whole, 8):
        found = (found ^ _mix(_load(s, i) * _K3 & _MASK) * _K3 & _MASK) * _K3 & _MASK
    if len(s) > whole:
        found = (found ^ _load(s, whole)) * _K3 & _MASK
    return _mix(_mix(found) * _K3 & _MASK)


def _half(z: int, a: int, b1: int, b2: int) -> tuple[int, int]:
    """One half of a text of 33 to 64 bytes."""
    b, c = _right((a + z) & _MASK, 52), _right(a, 37)
    a = (a + b1) & _MASK
    c += _right(a, 7)
    a = (a + b2) & _MASK
    return (a + z) & _MASK, (b + _right(a, 31) + c) & _MASK


def _up_to_64(s: bytes) -> int:
    size = len(s)
    a = (_load(s, 0) + (size + _load(s, size - 16)) * _K0) & _MASK
    v = _half(_load(s, 24), a, _load(s, 8), _load(s, 16))
    a = (_load(s, 16) + _load(s, size - 32)) & _MASK
    w = _half(_load(s, size - 8), a, _load(s, size - 24), _load(s, size - 16))
    r = _mix(((v[0] + w[1]) * _K2 + (w[0] + v[1]) * _K0) & _MASK)
    return _mix((r * _K0 + v[1]) & _MASK) * _K2 & _MASK


def _weak(s: bytes, i: int, a: int, b: int) -> tuple[int, int]:
    one, two, three, four = (_load(s, i + 8 * n) for n in range(4))
    a = (a + one) & _MASK
    b = _right((b + a + four) & _MASK, 51)
    c = a
    a = (a + two + three) & _MASK
    b = (b + _right(a, 23)) & _MASK
    return (a + four) & _MASK, (b + c) & _MASK


def _long(s: bytes) -> int:
    size = len(s)
    x, y, z = _load(s, 0), _load(s, size - 16) ^ _K1, _load(s, size - 56) ^ _K0
    v = _weak(s, size - 64, size, y)
    w = _weak(s, size - 32, size * _K1 & _MASK, _K0)
    z = (z + _mix(v[1]) * _K1) & _MASK
    x = _right((z + x) & _MASK, 39) * _K1 & _MASK
    y = _right(y, 33) * _K1 & _MASK
    for i in range(0, (size - 1) & ~63, 64):
        x = _right((x + y + v[0] + _load(s, i + 16)) & _MASK, 37) * _K1 & _MASK
        y = _right((y + v[1] + _load(s, i + 48)) & _MASK, 42) * _K1 & _MASK
        x ^= w[1]
        y ^= v[0]
        z = _right(z ^ w[0], 33)
        v = _weak(s, i, v[1] * _K1 & _MASK, (x + w[0]) & _MASK)
        w = _weak(s, i + 32, (z + w[1]) & _MASK, y)
        z, x = x, z
    one = (_join(v[0], w[0]) + _mix(y) * _K1 + z) & _MASK
    return _join(one, (_join(v[1], w[1]) + x) & _MASK)
