/* SHA-256 by GLib's GChecksum; see digest.h. */
#include "base/digest.h"

#include <string.h>

struct CgDigest {
    GChecksum *checksum;
};

void
cg_sha256(const void *data, size_t len, uint8_t out[CG_SHA256_SIZE])
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = CG_SHA256_SIZE;
    g_checksum_update(checksum, data, (gssize)len);
    g_checksum_get_digest(checksum, out, &size);
}

char *
cg_sha256_hex(const void *data, size_t len)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, len);
}

CgDigest *
cg_digest_new(void)
{
    CgDigest *digest = g_new(CgDigest, 1);
    digest->checksum = g_checksum_new(G_CHECKSUM_SHA256);
    return digest;
}

static void
add_length(CgDigest *digest, uint64_t len)
{
    len = GUINT64_TO_BE(len);
    g_checksum_update(digest->checksum, (const unsigned char *)&len, sizeof len);
}

void
cg_digest_field(CgDigest *digest, const void *data, size_t len)
{
    add_length(digest, len);
    g_checksum_update(digest->checksum, data, (gssize)len);
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
    g_checksum_free(digest->checksum);
    g_free(digest);
}

char *
cg_digest_steal_hex(CgDigest *digest)
{
    char *text = g_strdup(g_checksum_get_string(digest->checksum));
    cg_digest_free(digest);
    return text;
}
