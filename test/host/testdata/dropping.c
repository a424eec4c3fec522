/* A filter that drops all records: it answers with no bytes. */
#include <stddef.h>

#include "../../../plugin/host.h"

static int init(struct flb_filter_instance *f, struct flb_config *config, void *data)
{
    (void) f;
    (void) config;
    (void) data;
    return 0;
}

static int drop(const void *data, size_t size, const char *tag, int tag_len, void **out, size_t *out_size,
                struct flb_filter_instance *f, struct flb_input_instance *input, void *context, struct flb_config *config)
{
    (void) data;
    (void) size;
    (void) tag;
    (void) tag_len;
    (void) f;
    (void) input;
    (void) context;
    (void) config;
    *out = NULL;
    *out_size = 0;
    return FILTER_MODIFIED;
}

struct filter_plugin filter_msa_plugin = {.name = "dropping", .description = "", .cb_init = init, .cb_filter = drop};

int FLBPluginRegister(void *def)
{
    (void) def;
    return 0;
}

void FLBPluginUnregister(void *def)
{
    (void) def;
}
