/* SHA-256 (FIPS 180-4), in hexadecimal. */
#ifndef CG_BASE_DIGEST_H
#define CG_BASE_DIGEST_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

enum { CG_SHA256_SIZE = 32, CG_SHA256_HEX_SIZE = 65 };

/* 64 lower-case digits, allocated. */
char *cg_sha256_hex(const void *data, size_t len);

/* The raw digest; for rows, where an allocation each would show. */
void cg_sha256(const void *data, size_t len, uint8_t out[CG_SHA256_SIZE]);

/* A digest over several fields that cannot run into each other: every field goes in with its length
 * (eight bytes, the highest first), so that the digest is the same on every machine. */
typedef struct CgDigest CgDigest;
CgDigest *cg_digest_new(void);
void cg_digest_field(CgDigest *digest, const void *data, size_t len);
void cg_digest_text(CgDigest *digest, const char *text); /* NULL differs from "" */
char *cg_digest_steal_hex(CgDigest *digest);             /* allocated; frees the digest */
void cg_digest_free(CgDigest *digest);                   /* one that is not asked for its result */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgDigest, cg_digest_free)

#endif
