/* SHA-256 by OpenSSL's EVP; see digest.h. */
#include "base/digest.h"

#include <glib.h>
#include <openssl/evp.h>
#include <string.h>

struct CgDigest {
    EVP_MD_CTX *context;
};

/* SHA-256 is missing only where OpenSSL itself is broken: nothing a caller could act on. */
static void
must(int is_ok)
{
    if (!is_ok)
        g_error("OpenSSL cannot compute SHA-256");
}

/* Fetched once: EVP_sha256() looks the implementation up again at each use. */
static const EVP_MD *
sha256(void)
{
    static EVP_MD *md = NULL;
    if (g_once_init_enter(&md)) {
        EVP_MD *fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
        must(fetched != NULL);
        g_once_init_leave(&md, fetched);
    }
    return md;
}

static char *
hex(const uint8_t digest[CG_SHA256_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *text = g_malloc(CG_SHA256_HEX_SIZE);
    for (size_t i = 0; i < CG_SHA256_SIZE; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * (size_t)CG_SHA256_SIZE] = '\0';
    return text;
}

void
cg_sha256(const void *data, size_t len, uint8_t out[CG_SHA256_SIZE])
{
    must(EVP_Digest(data, len, out, NULL, sha256(), NULL));
}

char *
cg_sha256_hex(const void *data, size_t len)
{
    uint8_t digest[CG_SHA256_SIZE];
    cg_sha256(data, len, digest);
    return hex(digest);
}

CgDigest *
cg_digest_new(void)
{
    CgDigest *digest = g_new(CgDigest, 1);
    digest->context = EVP_MD_CTX_new();
    must(digest->context != NULL && EVP_DigestInit_ex(digest->context, sha256(), NULL));
    return digest;
}

static void
add_length(CgDigest *digest, uint64_t len)
{
    len = GUINT64_TO_BE(len);
    must(EVP_DigestUpdate(digest->context, &len, sizeof len));
}

void
cg_digest_field(CgDigest *digest, const void *data, size_t len)
{
    add_length(digest, len);
    must(EVP_DigestUpdate(digest->context, data, len));
}

void
cg_digest_text(CgDigest *digest, const char *text)
{
    if (text == NULL)
        add_length(digest, UINT64_MAX); /* no text is that long */
    else
        cg_digest_field(digest, text, strlen(text));
}

void
cg_digest_free(CgDigest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->context);
    g_free(digest);
}

char *
cg_digest_steal_hex(CgDigest *digest)
{
    uint8_t bytes[CG_SHA256_SIZE];
    must(EVP_DigestFinal_ex(digest->context, bytes, NULL));
    cg_digest_free(digest);
    return hex(bytes);
}
