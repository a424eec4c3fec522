#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "_cgo_export.h"
#include "host.h"
#include "properties_gen.h"

/* ---- the host's functions ---- */

/*
 * Every function is looked up at run time: the library must load in a host that
 * lacks one, to say which. The signatures are the same from 3.2.10 to 5.1.1.
 */
#define HOST_FUNCTIONS(X)                                                                          \
    /* include/fluent-bit/flb_log.h */                                                             \
    X(void, flb_log_print, (int, const char *, int, const char *, ...))                            \
    /* include/fluent-bit/flb_filter.h */                                                          \
    X(const char *, flb_filter_get_property, (const char *, struct flb_filter_instance *))         \
    X(void, flb_filter_set_context, (struct flb_filter_instance *, void *))                        \
    X(const char *, flb_filter_name, (struct flb_filter_instance *))                               \
    /* include/fluent-bit/flb_input.h */                                                           \
    X(struct flb_input_instance *, flb_input_new, (struct flb_config *, const char *, void *, int)) \
    X(int, flb_input_name_exists, (const char *, struct flb_config *))                             \
    X(int, flb_input_set_property, (struct flb_input_instance *, const char *, const char *))      \
    X(int, flb_input_instance_init, (struct flb_input_instance *, struct flb_config *))            \
    X(int, flb_input_set_collector_time,                                                           \
      (struct flb_input_instance *, collect_fn, time_t, long, struct flb_config *))                \
    X(int, flb_input_set_collector_event,                                                          \
      (struct flb_input_instance *, collect_fn, int, struct flb_config *))                         \
    X(int, flb_input_collector_running, (int, struct flb_input_instance *))                        \
    /* include/fluent-bit/flb_input_log.h, flb_input_metric.h, flb_input_chunk.h */                \
    X(int, flb_input_log_append,                                                                   \
      (struct flb_input_instance *, const char *, size_t, const void *, size_t))                   \
    X(int, flb_input_metrics_append,                                                               \
      (struct flb_input_instance *, const char *, size_t, struct cmt *))                           \
    X(size_t, flb_input_chunk_total_size, (struct flb_input_instance *))                           \
    /* include/fluent-bit/flb_engine.h */                                                          \
    X(int, flb_engine_flush, (struct flb_config *, void *))                                        \
    /* include/fluent-bit/flb_storage.h, lib/chunkio/include/chunkio/chunkio.h */                  \
    X(int, flb_storage_input_create, (void *, struct flb_input_instance *))                        \
    X(void, cio_options_init, (void *))                                                            \
    X(void *, cio_create, (void *))                                                                \
    /* lib/cmetrics/include/cmetrics/{cmetrics,cmt_counter,cmt_gauge}.h, lib/cfl/include/cfl/cfl_time.h */ \
    X(struct cmt *, cmt_create, (void))                                                            \
    X(void, cmt_destroy, (struct cmt *))                                                           \
    X(struct cmt_counter *, cmt_counter_create,                                                    \
      (struct cmt *, char *, char *, char *, char *, int, char **))                                \
    X(int, cmt_counter_set, (struct cmt_counter *, uint64_t, double, int, char **))                \
    X(struct cmt_gauge *, cmt_gauge_create,                                                        \
      (struct cmt *, char *, char *, char *, char *, int, char **))                                \
    X(int, cmt_gauge_set, (struct cmt_gauge *, uint64_t, double, int, char **))                    \
    X(uint64_t, cfl_time_now, (void))

static struct {
#define X(result, name, args) result(*name) args;
    HOST_FUNCTIONS(X)
#undef X
    /* include/fluent-bit/flb_output.h; only the output's, may be missing for a filter */
    const char *(*flb_output_name)(struct flb_output_instance *);
    /* include/fluent-bit/flb_worker.h; only for the log level, may be missing */
    void *(*flb_worker_get)(void);
    int (*flb_worker_log_level)(void *);
} host;

static const char *missing;

static void resolve(void)
{
#define X(result, name, args)                                                                      \
    if ((*(void **) &host.name = dlsym(RTLD_DEFAULT, #name)) == NULL && missing == NULL) {         \
        missing = #name;                                                                           \
    }
    HOST_FUNCTIONS(X)
#undef X
    *(void **) &host.flb_output_name = dlsym(RTLD_DEFAULT, "flb_output_name");
    *(void **) &host.flb_worker_get = dlsym(RTLD_DEFAULT, "flb_worker_get");
    *(void **) &host.flb_worker_log_level = dlsym(RTLD_DEFAULT, "flb_worker_log_level");
}

const char *msa_resolve(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, resolve);
    return missing;
}

void msa_log(int level, const char *text)
{
    host.flb_log_print(level, NULL, 0, "%s", text);
}

int msa_log_level(void)
{
    void *worker;

    if (host.flb_worker_get == NULL || host.flb_worker_log_level == NULL) {
        return LOG_INFO;
    }
    worker = host.flb_worker_get();
    return worker == NULL ? LOG_INFO : host.flb_worker_log_level(worker);
}

const char *msa_filter_name(struct flb_filter_instance *ins)
{
    return host.flb_filter_name(ins);
}

void msa_filter_set_context(struct flb_filter_instance *ins, uintptr_t context)
{
    host.flb_filter_set_context(ins, (void *) context);
}

const char *msa_property(struct flb_filter_instance *ins, const char *key)
{
    return host.flb_filter_get_property(key, ins);
}

const char *msa_output_name(struct flb_output_instance *ins)
{
    return host.flb_output_name(ins);
}

void *msa_copy(const void *from, size_t size)
{
    void *to = malloc(size);

    if (to != NULL) {
        memcpy(to, from, size);
    }
    return to;
}

/* ---- memory whose layout is not certain ---- */

/*
 * A peek goes through a pipe: the kernel refuses an address that can't be read
 * (EFAULT) where we would crash. process_vm_readv would do the same, but many
 * container profiles forbid it.
 */
struct peek {
    int fd[2];
};

static int peek_open(struct peek *p)
{
    return pipe2(p->fd, O_CLOEXEC | O_NONBLOCK);
}

static void peek_close(struct peek *p)
{
    close(p->fd[0]);
    close(p->fd[1]);
}

static int peek(const struct peek *p, const void *from, void *to, size_t size)
{
    /* Not by write(), which a host that is built with a sanitizer checks itself. */
    ssize_t n = syscall(SYS_write, p->fd[1], from, size);

    if (n < 0) {
        return -1;
    }
    if (read(p->fd[0], to, (size_t) n) != n || (size_t) n != size) {
        return -1;
    }
    return 0;
}

/* Compares byte by byte: a string in unknown memory may end where a page does. */
static int peek_equals(const struct peek *p, const char *at, const char *text)
{
    char c;

    if (at == NULL) {
        return 0;
    }
    for (;; at++, text++) {
        if (peek(p, at, &c, 1) != 0 || strncasecmp(&c, text, 1) != 0) {
            return 0;
        }
        if (c == '\0') {
            return 1;
        }
    }
}

/* ---- properties that are given many times ---- */

enum { MAX_PROPERTIES = 4096 };

/*
 * list_values collects up to max values of a key from a list of struct kv, or all
 * keys when key is NULL. It returns how many, or -1 when this is no such list.
 */
static int list_values(const struct peek *p, const struct list *head, const char *key, const char **values, int max)
{
    const struct list *node = head;
    struct list l;
    int count = 0, steps;

    if (peek(p, head, &l, sizeof(l)) != 0) {
        return -1;
    }
    for (steps = 0; l.next != head; steps++) {
        const struct list *before = node;
        struct kv kv;

        node = l.next;
        if (steps == MAX_PROPERTIES ||
            /* By numbers: what is no node may be no address to calculate with either. */
            peek(p, (const void *) ((uintptr_t) node - offsetof(struct kv, head)), &kv, sizeof(kv)) != 0 ||
            kv.head.prev != before) {
            return -1;
        }
        l = kv.head;
        if (count < max && (key == NULL || peek_equals(p, kv.key, key))) {
            values[count++] = key == NULL ? kv.key : kv.val;
        }
    }
    return count;
}

/*
 * The accessor gives a repeated property's first value only, and the list of all
 * has none. In struct flb_filter_instance (include/fluent-bit/flb_filter.h) it
 * follows the context at a fixed distance:
 *
 *     void *context; void *data; struct flb_filter_plugin *p; struct mk_list properties;
 *
 * What comes before has changed, so the context is found by setting it.
 */
enum { CONTEXT_SEARCH = 256, CONTEXT_TO_PROPERTIES = 24 };

const struct list *msa_property_list(struct flb_filter_instance *ins)
{
    static char mark;
    const struct list *found = NULL;
    struct peek p;
    size_t at;

    if (peek_open(&p) != 0) {
        return NULL;
    }
    host.flb_filter_set_context(ins, &mark);
    for (at = 0; at < CONTEXT_SEARCH && found == NULL; at += sizeof(void *)) {
        const char *field = (const char *) ins + at;
        const struct list *head = (const struct list *) (field + CONTEXT_TO_PROPERTIES);
        const void *context;
        struct list l, next, prev;

        if (peek(&p, field, &context, sizeof(context)) != 0) {
            break;
        }
        if (context == &mark &&
            peek(&p, head, &l, sizeof(l)) == 0 &&
            peek(&p, l.next, &next, sizeof(next)) == 0 && next.prev == head &&
            peek(&p, l.prev, &prev, sizeof(prev)) == 0 && prev.next == head) {
            found = head;
        }
    }
    /* The host calls cb_exit for whatever context is left, also after a failed cb_init. */
    host.flb_filter_set_context(ins, NULL);
    peek_close(&p);
    return found;
}

/*
 * An output's list is somewhere in struct flb_output_instance, and the one that has
 * the value that the accessor gives for the key.
 */
enum { OUTPUT_SEARCH = 4096 };

const struct list *msa_output_property_list(struct flb_output_instance *ins, const char *key, const char *value)
{
    const struct list *head;
    const char *found;
    struct peek p;
    size_t at;

    if (peek_open(&p) != 0) {
        return NULL;
    }
    for (at = 0; at < OUTPUT_SEARCH; at += sizeof(void *)) {
        head = (const struct list *) ((const char *) ins + at);
        if (list_values(&p, head, key, &found, 1) == 1 && peek_equals(&p, found, value)) {
            peek_close(&p);
            return head;
        }
    }
    peek_close(&p);
    return NULL;
}

int msa_property_values(const struct list *head, const char *key, const char *first, const char **values, int max)
{
    struct peek p;
    int count;

    if (peek_open(&p) != 0) {
        return -1;
    }
    count = list_values(&p, head, key, values, max);
    if (count == 0 || (count > 0 && !peek_equals(&p, values[0], first))) {
        count = -1;
    }
    peek_close(&p);
    return count;
}

int msa_property_keys(const struct list *head, const char **keys, int max)
{
    struct peek p;
    int count;

    if (peek_open(&p) != 0) {
        return -1;
    }
    count = list_values(&p, head, NULL, keys, max);
    peek_close(&p);
    return count;
}

/* ---- storage ---- */

/*
 * struct cio_ctx, lib/chunkio/include/chunkio/chunkio.h, with struct cio_options in it.
 * The same from 3.2.10 to 5.1.1.
 */
struct cio_ctx {
    int page_size;
    int realloc_size_hint;
    struct {
        int initialized; /* 0, whatever it was in the options of cio_create */
        int flags;
        const char *root_path; /* a copy of the configuration's, NULL for none */
        int log_level;
        void *log_cb;
        char *user, *group, *chmod;
        int realloc_size_hint;
    } options;
    void *user, *group;
    size_t total_chunks, total_chunks_up, max_chunks_up;
    struct list streams;
};

enum { CIO_OPEN_RW = 1, CIO_LOG_ERROR = 1, CIO_LOG_TRACE = 5, CONFIG_SEARCH = 4096 };

/* Copies a string, which has to fit. */
static int peek_string(const struct peek *p, const char *from, char *to, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        if (peek(p, from + i, to + i, 1) != 0) {
            return -1;
        }
        if (to[i] == '\0') {
            return 0;
        }
    }
    return -1;
}

/* Whether this is the storage whose files are under a path, NULL for a storage without files. */
static int is_storage(const struct peek *p, const struct cio_ctx *at, const char *path)
{
    struct list next, prev;
    struct cio_ctx c;

    return peek(p, at, &c, sizeof(c)) == 0 &&
           c.page_size == sysconf(_SC_PAGESIZE) && (c.options.flags & CIO_OPEN_RW) != 0 &&
           c.options.log_level >= CIO_LOG_ERROR && c.options.log_level <= CIO_LOG_TRACE &&
           c.total_chunks_up <= c.total_chunks && c.max_chunks_up > 0 &&
           peek(p, c.streams.next, &next, sizeof(next)) == 0 && next.prev == &at->streams &&
           peek(p, c.streams.prev, &prev, sizeof(prev)) == 0 && prev.next == &at->streams &&
           (path == NULL ? c.options.root_path == NULL : peek_equals(p, c.options.root_path, path));
}

/*
 * In struct flb_config (include/fluent-bit/flb_config.h) there is somewhere
 *
 *     void *cio; char *storage_path;
 *
 * and what the first points to knows the second. rewrite_tag takes the field itself.
 */
void *msa_storage_find(struct flb_config *config, char path[MAX_STORAGE_PATH])
{
    void *found = NULL;
    struct peek p;
    size_t at;

    path[0] = '\0';
    if (peek_open(&p) != 0) {
        return NULL;
    }
    for (at = 0; at < CONFIG_SEARCH && found == NULL; at += sizeof(void *)) {
        struct {
            void *cio;
            const char *path;
        } field;

        if (peek(&p, (const char *) config + at, &field, sizeof(field)) != 0) {
            break;
        }
        path[0] = '\0';
        if (field.cio != NULL &&
            (field.path == NULL || peek_string(&p, field.path, path, MAX_STORAGE_PATH) == 0) &&
            is_storage(&p, field.cio, field.path == NULL ? NULL : path)) {
            found = field.cio;
        }
    }
    if (found == NULL) {
        path[0] = '\0';
    }
    peek_close(&p);
    return found;
}

/* ---- the emitter ---- */

static int on_collect(struct flb_input_instance *emitter, struct flb_config *config, void *context)
{
    sigset_t before;

    (void) context; /* the emitter plugin's own */
    msa_signals_hold(&before);
    msaTick(emitter, config);
    msa_signals_release(&before);
    return 0;
}

/*
 * A storage in memory, for where the host's own is not found. It is left to the end of
 * the process: the emitter uses it until the host destroys it, which nobody tells us.
 */
static void *own_storage(void)
{
    /* struct cio_options, far shorter in every version; cio_options_init fills in what matters */
    _Alignas(max_align_t) char options[4096] = {0};

    host.cio_options_init(options);
    return host.cio_create(options);
}

struct flb_input_instance *msa_emitter_create(struct flb_config *config, const char *alias, void *storage, int files,
                                              long period_ns, int wake, uint32_t *ours, const char **failed)
{
    struct flb_input_instance *in;
    int timer, event;

    in = host.flb_input_new(config, "emitter", NULL, 0);
    if (in == NULL) {
        *failed = "flb_input_new";
        return NULL;
    }
    /* Without the alias the host calls it emitter.N, which does as well. */
    if (!host.flb_input_name_exists(alias, config)) {
        host.flb_input_set_property(in, "alias", alias);
    }
    /* Or storage.inherit decides. */
    host.flb_input_set_property(in, "storage.type", files ? "filesystem" : "memory");
    if (host.flb_input_instance_init(in, config) != 0) {
        *failed = "flb_input_instance_init";
        return NULL;
    }
    if (storage == NULL) {
        storage = own_storage();
    }
    if (storage == NULL) {
        *failed = "cio_create";
        return NULL;
    }
    if (host.flb_storage_input_create(storage, in) != 0) {
        *failed = "flb_storage_input_create";
        return NULL;
    }
    /*
     * Collectors and not a timer of the scheduler: cb_init of a threaded input's
     * processor runs on the input's thread, whose scheduler is not the engine's. A
     * collector of a hidden input is always the engine's (src/flb_input.c,
     * collector_create), and only the emitter plugin's own is paused at shutdown.
     */
    timer = host.flb_input_set_collector_time(in, on_collect, 0, period_ns, config);
    if (timer < 0) {
        *failed = "flb_input_set_collector_time";
        return NULL;
    }
    event = host.flb_input_set_collector_event(in, on_collect, wake, config);
    if (event < 0) {
        *failed = "flb_input_set_collector_event";
        return NULL;
    }
    *ours = UINT32_C(1) << timer | UINT32_C(1) << event;
    return in;
}

int msa_emitter_append(struct flb_input_instance *in, const char *tag, size_t tag_len,
                       const void *events, size_t size)
{
    return host.flb_input_log_append(in, tag, tag_len, events, size);
}

size_t msa_emitter_pending(struct flb_input_instance *in)
{
    return host.flb_input_chunk_total_size(in);
}

int msa_wake_create(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

uint32_t msa_emitter_running(struct flb_input_instance *in)
{
    uint32_t running = 0;
    int id;

    for (id = 0; id < 32; id++) {
        if (host.flb_input_collector_running(id, in)) {
            running |= UINT32_C(1) << id;
        }
    }
    return running;
}

void msa_flush(struct flb_config *config)
{
    host.flb_engine_flush(config, NULL);
}

/* ---- metrics ---- */

struct cmt *msa_metrics_begin(void)
{
    return host.cmt_create();
}

struct cmt_counter *msa_counter(struct cmt *set, const char *subsystem, const char *name,
                                const char *help, const char *label)
{
    char *keys[] = {"name", (char *) label};

    return host.cmt_counter_create(set, "msa", (char *) subsystem, (char *) name, (char *) help, label == NULL ? 1 : 2, keys);
}

struct cmt_gauge *msa_gauge(struct cmt *set, const char *subsystem, const char *name, const char *help)
{
    char *keys[] = {"name"};

    return host.cmt_gauge_create(set, "msa", (char *) subsystem, (char *) name, (char *) help, 1, keys);
}

void msa_counter_set(struct cmt_counter *counter, double value, const char *name, const char *cause)
{
    char *labels[] = {(char *) name, (char *) cause};

    if (counter != NULL) {
        host.cmt_counter_set(counter, host.cfl_time_now(), value, cause == NULL ? 1 : 2, labels);
    }
}

void msa_gauge_set(struct cmt_gauge *gauge, double value, const char *name)
{
    char *labels[] = {(char *) name};

    if (gauge != NULL) {
        host.cmt_gauge_set(gauge, host.cfl_time_now(), value, 1, labels);
    }
}

int msa_metrics_send(struct cmt *set, struct flb_input_instance *in, const char *tag, size_t tag_len)
{
    int ret = host.flb_input_metrics_append(in, tag, tag_len, set);

    host.cmt_destroy(set);
    return ret;
}

/* ---- the filter plugin ---- */

static pid_t loaded_by;

/*
 * why_not is why a plugin, called as in the host's log, can't start in this process;
 * NULL when it can. In C: after a fork no Go function would ever return.
 */
static const char *why_not(const char *kind, const char *name, char *line, size_t size)
{
    const char *lacking = msa_resolve();

    if (getpid() != loaded_by) {
        snprintf(line, size,
                 "[%s:msa:%s] cannot start: the process has forked since the library was loaded; "
                 "Daemon On is not supported, run in the foreground or under systemd",
                 kind, name);
        return line;
    }
    if (lacking != NULL) {
        snprintf(line, size, "[%s:msa:%s] cannot start: the host has no function %s", kind, name, lacking);
        return line;
    }
    return NULL;
}

static int cb_init(struct flb_filter_instance *ins, struct flb_config *config, void *data)
{
    const char *lacking = msa_resolve();
    char line[512];
    sigset_t before;
    int ret;

    (void) data;
    if (host.flb_log_print == NULL || host.flb_filter_name == NULL) {
        fprintf(stderr, "[filter:msa] cannot start: the host has no function %s\n", lacking);
        return -1;
    }
    if (why_not("filter", host.flb_filter_name(ins), line, sizeof(line)) != NULL) {
        msa_log(LOG_ERROR, line);
        return -1;
    }
    msa_signals_hold(&before);
    ret = msaInit(ins, config);
    msa_signals_release(&before);
    return ret;
}

static int cb_filter(const void *data, size_t size, const char *tag, int tag_len,
                     void **out, size_t *out_size,
                     struct flb_filter_instance *ins, struct flb_input_instance *input,
                     void *context, struct flb_config *config)
{
    sigset_t before;
    int ret;

    (void) ins;
    (void) config;
    msa_signals_hold(&before);
    ret = msaFilter((uintptr_t) context, (void *) data, size, (char *) tag, tag_len, out, out_size, input);
    msa_signals_release(&before);
    return ret;
}

static int cb_exit(void *context, struct flb_config *config)
{
    sigset_t before;
    int ret;

    (void) config;
    msa_signals_hold(&before);
    ret = msaExit((uintptr_t) context);
    msa_signals_release(&before);
    return ret;
}

#pragma GCC visibility push(default)
struct filter_plugin filter_msa_plugin = {
    .name = "msa",
    .description = "Inspect log records with a web application firewall and emit alerts",
    .cb_init = cb_init,
    .cb_filter = cb_filter,
    .cb_exit = cb_exit,
};
#pragma GCC visibility pop

/* ---- the output plugin, by the Go proxy ---- */

/*
 * The host finds these functions by their names. They are here and not in Go for what
 * has to happen before Go is called: a fork is noticed, and signals are held.
 */
#pragma GCC visibility push(default)

int FLBPluginRegister(void *def)
{
    sigset_t before;
    int ret;

    if (getpid() != loaded_by) {
        fprintf(stderr, "[output:msa] cannot start: the process has forked since the library was loaded\n");
        return -1;
    }
    msa_signals_hold(&before);
    ret = msaOutputRegister(def);
    msa_signals_release(&before);
    return ret;
}

void FLBPluginUnregister(void *def)
{
    sigset_t before;

    if (getpid() != loaded_by) {
        return;
    }
    msa_signals_hold(&before);
    msaOutputUnregister(def);
    msa_signals_release(&before);
}

int FLBPluginInit(struct proxy_output *plugin)
{
    char line[512];
    sigset_t before;
    int ret;

    msa_resolve();
    if (host.flb_log_print == NULL || host.flb_output_name == NULL) {
        fprintf(stderr, "[output:msa] cannot start: the host has no function %s\n",
                host.flb_log_print == NULL ? "flb_log_print" : "flb_output_name");
        return OUTPUT_ERROR;
    }
    if (why_not("output", host.flb_output_name(plugin->instance), line, sizeof(line)) != NULL) {
        msa_log(LOG_ERROR, line);
        return OUTPUT_ERROR;
    }
    msa_signals_hold(&before);
    ret = msaOutputInit(plugin);
    msa_signals_release(&before);
    return ret;
}

static volatile int hot_reload;

/* The host tells whether it may be reloaded. */
int FLBPluginOutputPreRun(int enabled)
{
    hot_reload = enabled;
    return 0;
}

int FLBPluginFlushCtx(void *context, const void *data, int size, const char *tag)
{
    sigset_t before;
    int ret;

    msa_signals_hold(&before);
    ret = msaOutputFlush(context, (void *) data, size, (char *) tag);
    msa_signals_release(&before);
    return ret;
}

int FLBPluginExitCtx(void *context)
{
    sigset_t before;
    int ret;

    msa_signals_hold(&before);
    ret = msaOutputExit(context);
    msa_signals_release(&before);
    return ret;
}

#pragma GCC visibility pop

int msa_hot_reload(void)
{
    return hot_reload;
}

/*
 * The size of the host's struct flb_config_map: the host exports an array of them
 * whose first two names are known. 0 when it has none, or one unlike that.
 */
static size_t config_map_size(void)
{
    const char *array = dlsym(RTLD_DEFAULT, "filter_global_properties");
    size_t size, found = 0;
    const char *name;
    struct peek p;

    if (array == NULL || peek_open(&p) != 0) {
        return 0;
    }
    if (peek(&p, array + offsetof(struct config_map, name), &name, sizeof(name)) == 0 &&
        peek_equals(&p, name, "match")) {
        for (size = sizeof(struct config_map); size <= MAX_CONFIG_MAP_SIZE && found == 0; size += sizeof(void *)) {
            if (peek(&p, array + size + offsetof(struct config_map, name), &name, sizeof(name)) == 0 &&
                peek_equals(&p, name, "match_regex")) {
                found = size;
            }
        }
    }
    peek_close(&p);
    return found;
}

/*
 * The host reads the plugin's struct right after dlopen. This runs while the Go
 * runtime starts on a thread of its own, so it must not call Go: the properties come
 * from a generated table. The linker has Go's constructor run before it.
 */
__attribute__((constructor)) static void on_load(void)
{
    static _Alignas(max_align_t) char map[(PROPERTIES + 1) * MAX_CONFIG_MAP_SIZE];
    size_t size = config_map_size();
    size_t i;

    loaded_by = getpid();
    msa_signals_loaded();
    if (size == 0) {
        return; /* without a map the host checks no property; ParseConfig does */
    }
    for (i = 0; i < PROPERTIES; i++) {
        memcpy(map + i * size, &properties[i], sizeof(properties[i]));
    }
    filter_msa_plugin.config_map = map;
}
