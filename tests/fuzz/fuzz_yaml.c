/*
 * Any bytes as YAML: read or refused with an error, every node inside the text, every reader of
 * scalars asked about every node.
 */
#include "base/yaml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool is_true)
{
    if (!is_true)
        abort();
}

static void
ask(const CgYaml *yaml, const CgYamlNode *node)
{
    int64_t number = 0;
    bool truth = false;
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) other = NULL;
    must(node->offset <= cg_yaml_text(yaml)->len);
    must(cg_yaml_int(yaml, node, &number, &error) == (error == NULL));
    must(cg_yaml_bool(yaml, node, &truth, &other) == (other == NULL));
    must(!cg_yaml_is_null(node) || (error != NULL && other != NULL));
}

static void
walk(const CgYaml *yaml, const CgYamlNode *node)
{
    ask(yaml, node);
    for (size_t i = 0; i < node->n; i++) {
        if (node->kind == CG_YAML_MAPPING) {
            must(node->keys[i]->offset >= node->offset);
            must(cg_yaml_get(node, node->keys[i]->text) == node->values[i]);
            ask(yaml, node->keys[i]);
        }
        walk(yaml, node->values[i]);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CgText text = { "fuzz", (const char *)data, size };
    g_autoptr(GError) error = NULL;
    g_autoptr(CgYaml) yaml = cg_yaml_read_text(&text, &error);
    must((yaml == NULL) == (error != NULL));
    if (yaml == NULL)
        must(cg_error_is(error, CG_EXIT_USAGE) && g_utf8_validate(error->message, -1, NULL));
    else if (cg_yaml_root(yaml) != NULL)
        walk(yaml, cg_yaml_root(yaml));
    return 0;
}
