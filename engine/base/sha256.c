/* SHA-256 as FIPS 180-4 writes it down, §5.1.1 (padding) and §6.2 (rounds); the names are the
 * standard's. Whole messages only: what is hashed is in memory anyway. */
#include "engine/base/sha256.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK = 64, WORDS = 8, ROUNDS = 64, LENGTH_BYTES = 8 };

static const uint32_t k[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated(uint32_t word, unsigned by)
{
    return word >> by | word << (32 - by);
}

static uint32_t word_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void fill_schedule(uint32_t w[ROUNDS], const unsigned char block[BLOCK])
{
    for (size_t t = 0; t < 16; t++)
        w[t] = word_at(block + 4 * t);
    for (size_t t = 16; t < ROUNDS; t++) {
        uint32_t s0 = rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = s1 + w[t - 7] + s0 + w[t - 16];
    }
}

static void take_block(uint32_t hash[WORDS], const unsigned char block[BLOCK])
{
    enum { A, B, C, D, E, F, G, H };
    uint32_t w[ROUNDS], v[WORDS];
    fill_schedule(w, block);
    memcpy(v, hash, sizeof(v));
    for (size_t t = 0; t < ROUNDS; t++) {
        uint32_t s1 = rotated(v[E], 6) ^ rotated(v[E], 11) ^ rotated(v[E], 25);
        uint32_t s0 = rotated(v[A], 2) ^ rotated(v[A], 13) ^ rotated(v[A], 22);
        uint32_t t1 = v[H] + s1 + ((v[E] & v[F]) ^ (~v[E] & v[G])) + k[t] + w[t];
        uint32_t t2 = s0 + ((v[A] & v[B]) ^ (v[A] & v[C]) ^ (v[B] & v[C]));
        memmove(v + 1, v, sizeof(v) - sizeof(v[0]));
        v[E] += t1;
        v[A] = t1 + t2;
    }
    for (size_t i = 0; i < WORDS; i++)
        hash[i] += v[i];
}

/* The last bytes, a 1 bit, zeros, and the length in bits: one block, or two. */
static void take_end(uint32_t hash[WORDS], const unsigned char *rest, size_t left, uint64_t length)
{
    unsigned char blocks[2 * BLOCK] = {0};
    size_t size = left + 1 + LENGTH_BYTES <= BLOCK ? BLOCK : 2 * BLOCK;
    if (left)
        memcpy(blocks, rest, left);
    blocks[left] = 0x80;
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        blocks[size - 1 - i] = (unsigned char)(length * 8 >> 8 * i);
    for (size_t at = 0; at < size; at += BLOCK)
        take_block(hash, blocks + at);
}

const char *sha256_text(struct arena *arena, const char *bytes, size_t length)
{
    uint32_t h[WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const unsigned char *at = (const unsigned char *)bytes;
    size_t left = length;
    for (; left >= BLOCK; at += BLOCK, left -= BLOCK)
        take_block(h, at);
    take_end(h, at, left, length);
    return arena_format(arena, "%08x%08x%08x%08x%08x%08x%08x%08x", h[0], h[1], h[2], h[3], h[4],
                        h[5], h[6], h[7]);
}
