"""FARM_FINGERPRINT: FarmHash's Fingerprint64 (the function is specified by its C++ source, farmhashna::Hash64)."""

_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_MASK = 0xFFFFFFFFFFFFFFFF


def farm_fingerprint(value: bytes) -> int:
    """The fingerprint as a signed 64-bit number."""
    number = _hash(value)
    return number - 2**64 if number >= 2**63 else number


def _fetch64(s: bytes, i: int) -> int:
    return int.from_bytes(s[i : i + 8], "little")


def _fetch32(s: bytes, i: int) -> int:
    return int.from_bytes(s[i : i + 4], "little")


def _rotate(value: int, shift: int) -> int:
    return ((value >> shift) | (value << (64 - shift))) & _MASK if shift else value


def _shift_mix(value: int) -> int:
    return value ^ (value >> 47)


def _hash16(u: int, v: int, multiplier: int) -> int:
    a = ((u ^ v) * multiplier) & _MASK
    a ^= a >> 47
    b = ((v ^ a) * multiplier) & _MASK
    b ^= b >> 47
    return (b * multiplier) & _MASK


def _hash(s: bytes) -> int:
    size = len(s)
    if size <= 16:
        return _up_to_16(s, size)
    if size <= 32:
        return _up_to_32(s, size)
    return _up_to_64(s, size) if size <= 64 else _long(s, size)


def _up_to_16(s: bytes, size: int) -> int:
    if size >= 8:
        multiplier = _K2 + size * 2
        a = (_fetch64(s, 0) + _K2) & _MASK
        b = _fetch64(s, size - 8)
        c = (_rotate(b, 37) * multiplier + a) & _MASK
        d = ((_rotate(a, 25) + b) * multiplier) & _MASK
        return _hash16(c, d, multiplier)
    if size >= 4:
        return _hash16((size + (_fetch32(s, 0) << 3)) & _MASK, _fetch32(s, size - 4), _K2 + size * 2)
    if size > 0:
        y = s[0] + (s[size >> 1] << 8)
        z = size + (s[size - 1] << 2)
        return (_shift_mix(((y * _K2) ^ (z * _K0)) & _MASK) * _K2) & _MASK
    return _K2


def _up_to_32(s: bytes, size: int) -> int:
    multiplier = _K2 + size * 2
    a = (_fetch64(s, 0) * _K1) & _MASK
    b = _fetch64(s, 8)
    c = (_fetch64(s, size - 8) * multiplier) & _MASK
    d = (_fetch64(s, size - 16) * _K2) & _MASK
    x = (_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK
    y = (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK
    return _hash16(x, y, multiplier)


def _up_to_64(s: bytes, size: int) -> int:
    multiplier = _K2 + size * 2
    a = (_fetch64(s, 0) * _K2) & _MASK
    b = _fetch64(s, 8)
    c = (_fetch64(s, size - 8) * multiplier) & _MASK
    d = (_fetch64(s, size - 16) * _K2) & _MASK
    y = (_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK
    z = _hash16(y, (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK, multiplier)
    e = (_fetch64(s, 16) * multiplier) & _MASK
    f = _fetch64(s, 24)
    g = ((y + _fetch64(s, size - 32)) * multiplier) & _MASK
    h = ((z + _fetch64(s, size - 24)) * multiplier) & _MASK
    x = (_rotate((e + f) & _MASK, 43) + _rotate(g, 30) + h) & _MASK
    w = (e + _rotate((f + a) & _MASK, 18) + g) & _MASK
    return _hash16(x, w, multiplier)


def _weak(w: int, x: int, y: int, z: int, a: int, b: int) -> tuple[int, int]:
    a = (a + w) & _MASK
    b = _rotate((b + a + z) & _MASK, 21)
    c = a
    a = (a + x + y) & _MASK
    b = (b + _rotate(a, 44)) & _MASK
    return (a + z) & _MASK, (b + c) & _MASK


def _weak_at(s: bytes, i: int, a: int, b: int) -> tuple[int, int]:
    return _weak(_fetch64(s, i), _fetch64(s, i + 8), _fetch64(s, i + 16), _fetch64(s, i + 24), a, b)


def _long(s: bytes, size: int) -> int:
    seed = 81
    x, y = seed, (seed * _K1 + 113) & _MASK
    z = (_shift_mix((y * _K2 + 113) & _MASK) * _K2) & _MASK
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _fetch64(s, 0)) & _MASK
    end = ((size - 1) // 64) * 64
    last = end + ((size - 1) & 63) - 63
    i = 0
    while True:
        x = (_rotate((x + y + v[0] + _fetch64(s, i + 8)) & _MASK, 37) * _K1) & _MASK
        y = (_rotate((y + v[1] + _fetch64(s, i + 48)) & _MASK, 42) * _K1) & _MASK
        x ^= w[1]
        y = (y + v[0] + _fetch64(s, i + 40)) & _MASK
        z = (_rotate((z + w[0]) & _MASK, 33) * _K1) & _MASK
        v = _weak_at(s, i, (v[1] * _K1) & _MASK, (x + w[0]) & _MASK)
        w = _weak_at(s, i + 32, (z + w[1]) & _MASK, (y + _fetch64(s, i + 16)) & _MASK)
        z, x = x, z
        i += 64
        if i == end:
            break
    multiplier = (_K1 + ((z & 0xFF) << 1)) & _MASK
    i = last
    w = ((w[0] + ((size - 1) & 63)) & _MASK, w[1])
    v = ((v[0] + w[0]) & _MASK, v[1])
    w = ((w[0] + v[0]) & _MASK, w[1])
    x = (_rotate((x + y + v[0] + _fetch64(s, i + 8)) & _MASK, 37) * multiplier) & _MASK
    y = (_rotate((y + v[1] + _fetch64(s, i + 48)) & _MASK, 42) * multiplier) & _MASK
    x ^= (w[1] * 9) & _MASK
    y = (y + v[0] * 9 + _fetch64(s, i + 40)) & _MASK
    z = (_rotate((z + w[0]) & _MASK, 33) * multiplier) & _MASK
    v = _weak_at(s, i, (v[1] * multiplier) & _MASK, (x + w[0]) & _MASK)
    w = _weak_at(s, i + 32, (z + w[1]) & _MASK, (y + _fetch64(s, i + 16)) & _MASK)
    z, x = x, z
    first = (_hash16(v[0], w[0], multiplier) + _shift_mix(y) * _K0 + z) & _MASK
    return _hash16(first, (_hash16(v[1], w[1], multiplier) + x) & _MASK, multiplier)
