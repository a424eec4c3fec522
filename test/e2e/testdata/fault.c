/*
 * A native filter of Fluent Bit, "fault", that hands MSA's filter a chunk at an address
 * where there is none, each time that it is given one itself. What Go does then is what
 * it does at a nil dereference of its own. $MSA_LIBRARY is MSA's library.
 *
 * It does not know the contexts of MSA's instances, which are small numbers, so it tries
 * them: MSA leaves what is none of its contexts alone.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

enum { NOTOUCH = 2, CONTEXTS = 4096 };

struct plugin {
    int event_type, flags;
    const char *name, *description;
    void *config_map;
    int (*cb_pre_run)(void *, void *, void *);
    int (*cb_init)(void *, void *, void *);
    int (*cb_filter)(const void *, size_t, const char *, int, void **, size_t *, void *, void *, void *, void *);
    int (*cb_exit)(void *, void *);
    int (*cb_notification)(void *, void *, void *);
    void *rest[32];
};

static struct plugin *msa;

static int init(void *instance, void *config, void *data)
{
    void *library = dlopen(getenv("MSA_LIBRARY"), RTLD_LAZY | RTLD_NOLOAD);

    (void) instance;
    (void) config;
    (void) data;
    msa = library == NULL ? NULL : dlsym(library, "filter_msa_plugin");
    return msa == NULL ? -1 : 0;
}

static int filter(const void *data, size_t size, const char *tag, int tag_len, void **out, size_t *out_size,
                  void *instance, void *input, void *context, void *config)
{
    size_t i;

    (void) data;
    (void) size;
    (void) context;
    for (i = 1; i <= CONTEXTS; i++) {
        msa->cb_filter((void *) 8, 8, tag, tag_len, out, out_size, instance, input, (void *) i, config);
    }
    return NOTOUCH;
}

struct plugin filter_fault_plugin = {
    .name = "fault",
    .description = "Provoke a fault in MSA's filter",
    .cb_init = init,
    .cb_filter = filter,
};
