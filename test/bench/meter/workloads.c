// Seven ways to be busy, to measure what metering costs: `npm run bench -- --meter`.
// Each `run_…(rounds)` returns a checksum, so that metered and unmetered code can be compared.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name))) uint32_t name(uint32_t rounds)

int RedisModule_OnLoad(void *ctx, void **argv, int argc) {
    (void)ctx, (void)argv, (void)argc;
    return 0;
}

static uint32_t seed = 1;

static uint32_t next_random(void) {
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

// ---- sha256 ---------------------------------------------------------------------------------

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#define ROTR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

static void sha256_block(uint32_t state[8], const uint8_t *block) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++) {
        const uint8_t *p = block + 4 * i;
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = ROTR(w[i - 15], 7) ^ ROTR(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t s1 = ROTR(w[i - 2], 17) ^ ROTR(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = ROTR(e, 6) ^ ROTR(e, 11) ^ ROTR(e, 25);
        uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i];
        uint32_t s0 = ROTR(a, 2) ^ ROTR(a, 13) ^ ROTR(a, 22);
        uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static uint8_t bytes[1 << 20];

EXPORT(run_sha256) {
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t at = 0; at < 65536; at += 64) sha256_block(state, bytes + at);
    }
    return state[0];
}

// ---- crc ------------------------------------------------------------------------------------

static uint32_t crc_table[256];

EXPORT(run_crc) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
        crc_table[i] = crc;
    }
    uint32_t crc = ~0u;
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < sizeof bytes; i++) {
            crc = crc_table[(crc ^ bytes[i]) & 255] ^ (crc >> 8);
        }
    }
    return ~crc;
}

// ---- sort -----------------------------------------------------------------------------------

#define NUMBERS 50000
static uint32_t numbers[NUMBERS];

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

EXPORT(run_sort) {
    uint32_t sum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        seed = round + 1;
        for (int i = 0; i < NUMBERS; i++) numbers[i] = next_random();
        qsort(numbers, NUMBERS, sizeof numbers[0], compare);
        sum += numbers[NUMBERS / 2];
    }
    return sum;
}

// ---- matmul ---------------------------------------------------------------------------------

#define N 160
static double left[N][N], right[N][N], product[N][N];

EXPORT(run_matmul) {
    for (int i = 0; i < N * N; i++) left[0][i] = i % 7, right[0][i] = i % 5;
    for (uint32_t round = 0; round < rounds; round++) {
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                double sum = 0;
                for (int k = 0; k < N; k++) sum += left[i][k] * right[k][j];
                product[i][j] = sum;
            }
        }
    }
    return (uint32_t)product[3][5] + (uint32_t)product[N - 1][N - 1];
}

// ---- sieve ----------------------------------------------------------------------------------

EXPORT(run_sieve) {
    uint32_t count = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        memset(bytes, 1, sizeof bytes);
        for (uint32_t i = 2; i * i < sizeof bytes; i++) {
            if (!bytes[i]) continue;
            for (uint32_t j = i * i; j < sizeof bytes; j += i) bytes[j] = 0;
        }
        for (uint32_t i = 2; i < sizeof bytes; i++) count += bytes[i];
    }
    return count;
}

// ---- byte scan ------------------------------------------------------------------------------

static uint32_t find(const uint8_t *at, uint8_t wanted) {
    const uint8_t *start = at;
    while (*at != wanted) at++;
    return (uint32_t)(at - start);
}

EXPORT(run_scan) {
    memset(bytes, 'a', sizeof bytes);
    bytes[sizeof bytes - 1] = 'b';
    uint32_t sum = 0;
    for (uint32_t round = 0; round < rounds; round++) sum += find(bytes + (round & 63), 'b');
    return sum;
}

// ---- recursion ------------------------------------------------------------------------------

static __attribute__((noinline)) uint32_t fib(uint32_t n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

EXPORT(run_recursion) {
    uint32_t sum = 0;
    for (uint32_t round = 0; round < rounds; round++) sum += fib(25 + (round & 1));
    return sum;
}
