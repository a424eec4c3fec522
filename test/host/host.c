//go:build ignore

/*
 * A host for the filter and the output with Fluent Bit's binary interface and nothing else: it
 * loads the library, does what the lines on stdin say, and prints what happens,
 * one line each. It takes no part in what it observes: it has no event loop, and
 * time passes only when it is told to.
 *
 *     host [-s STRIDE] [-l known|other|false] [-p PATH] [-u] LIBRARY
 *
 * STRIDE is the size of a config map's element (0: an array that can't be known as
 * one), -l where an instance keeps its properties: where Fluent Bit does, elsewhere,
 * or elsewhere with something like a list of them in that place. Its storage has files
 * under PATH, or with -u is nowhere to be found.
 *
 * Commands:
 *     map                          the config map
 *     config                       begin a new configuration, as a reload does
 *     new INSTANCE                 an instance in the configuration
 *     set INSTANCE KEY VALUE       a property; VALUE is the rest of the line
 *     init INSTANCE
 *     forkinit INSTANCE            init in a forked process
 *     filter INSTANCE TAG FILE N   the chunk in FILE, N times
 *     thread INSTANCE TAG FILE N   the same on another thread
 *     own INSTANCE TAG FILE        the chunk as if from the instance's own emitter
 *     mutate INSTANCE TAG FILE SEED N
 *                                  N chunks like the one in FILE, each with some of its bytes changed
 *     outputmutate INSTANCE TAG FILE SEED N
 *                                  the same for an output
 *     quiet                        no more lines for filter and append
 *     tick N                       N rounds of the collectors that are due
 *     sleep MS
 *     refuse N                     emitters refuse the next N appends
 *     hold                         outputs take nothing from emitters any more
 *     deliver                      outputs take all, now
 *     stop                         the host begins to stop: emitters are paused
 *     exit INSTANCE                and destroy it
 *     output INSTANCE              an output, by the Go proxy
 *     outputset INSTANCE KEY VALUE
 *     outputinit INSTANCE
 *     hotreload                    tell outputs that there may be reloads
 *     flush INSTANCE TAG FILE      a chunk, on the engine's thread
 *     workerflush INSTANCE TAG FILE the same on another
 *     outputexit INSTANCE
 *     emitters                     where they keep chunks
 *     heap                         the bytes in use of malloc
 *     fault                        a leak and a read out of bounds, for who must notice it
 *     undefined                    an integer that overflows, likewise
 *     badchunk INSTANCE            a chunk at an address where there is none
 *     signal NUMBER                to the process
 *     storm NUMBER N               N times to each thread of the process
 *     handlers                     the signals' handlers
 *     threads                      which signals the threads take
 *     crash                        a fault of the host's own
 *
 * Its handlers of signals do what Fluent Bit's do: they call signal() again.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

struct list {
    struct list *prev, *next;
};

struct kv {
    char *key, *val;
    struct list head;
};

struct plugin {
    int event_type, flags;
    char *name, *description;
    char *config_map;
    int (*cb_pre_run)(void *, void *, void *);
    int (*cb_init)(void *ins, void *config, void *data);
    int (*cb_filter)(const void *, size_t, const char *, int, void **, size_t *, void *, void *, void *, void *);
    int (*cb_exit)(void *, void *);
    int (*cb_notification)(void *, void *, void *);
    struct list head;
};

struct cio_options {
    int initialized, flags;
    char *root_path;
    int log_level;
    void *log_cb;
    char *user, *group, *chmod;
    int realloc_size_hint;
};

/* As Fluent Bit's. */
struct cio {
    int page_size, realloc_size_hint;
    struct cio_options options;
    void *user, *group;
    size_t total, up, max_up;
    struct list streams;
    int last_error;
};

struct config {
    struct config *next;
    void *some[100];
    struct cio *cio;
    char *storage_path;
    void *others[100];
};

/* The fields from context to properties lie as Fluent Bit's do; see -l. */
struct filter {
    int event_type, id, log_level, log_suppress_interval;
    char name[32];
    char *alias, *match;
    void *match_regex, *parent_processor;
    void *context;
    void *data;
    struct plugin *p;
    struct list properties;
    void *config_map;
    struct list elsewhere;
    struct config *config;
    struct filter *next;
    char rest[512];
};

/* Its properties lie anywhere. */
struct output {
    char name[32];
    char some[1000];
    struct list other; /* a list of something else */
    struct list properties;
    uintptr_t context;
    struct output *next;
    char rest[4096];
};

/* What the Go proxy of Fluent Bit hands to the plugin. */
struct proxy_def {
    int type, proxy, flags;
    char *name, *description;
    int event_type;
    void *config_map;
};

struct api {
    const char *(*output_get_property)(const char *, struct output *);
};

struct proxy_output {
    char *name;
    struct api *api;
    struct output *instance;
    uintptr_t *context;
};

static int (*output_register)(struct proxy_def *);
static void (*output_unregister)(struct proxy_def *);
static int (*output_pre_run)(int);
static int (*output_init)(struct proxy_output *);
static int (*output_flush)(void *, const void *, size_t, char *);
static int (*output_exit)(void *);

struct input;
typedef int (*collect_fn)(struct input *, void *, void *);

struct collector {
    collect_fn collect;
    int fd; /* -1: a timer */
    int running;
};

struct input {
    char name[64];
    struct config *config;
    struct collector collectors[8];
    int n;
    struct cio *storage;
    int in_files;
    size_t pending;
    struct input *next;
};

static enum { KNOWN, OTHER, FALSE_LIST } layout;
static struct plugin plugin;
static struct config *configs;
static struct filter *filters;
static struct output *outputs;
static struct input *inputs;
static struct cio *storages[256];
static char *storage_path;
static int storage_unknown;
static int n_storages;
static int refuse, hold, quiet;
static struct input source = {.name = "source"}; /* whose records are filtered */

/* ---- signals ---- */

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGHUP, "HUP"}, {SIGCONT, "CONT"}, {SIGINT, "INT"}, {SIGQUIT, "QUIT"}, {SIGTERM, "TERM"},
               {SIGSEGV, "SEGV"}, {SIGFPE, "FPE"}};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]), FAULTS = 2 };

static volatile sig_atomic_t signals_handled;

static void set_handlers(void);

static void on_signal(int number)
{
    static const char said[] = "the host has crashed\n";

    signals_handled++;
    set_handlers();
    if (number == SIGSEGV || number == SIGFPE) {
        write(STDOUT_FILENO, said, sizeof(said) - 1);
        _exit(3);
    }
}

static void set_handlers(void)
{
    int i;

    for (i = 0; i < SIGNALS; i++) {
        signal(signals[i].number, on_signal);
    }
}

static void print_handlers(void)
{
    int i;

    for (i = 0; i < SIGNALS; i++) {
        struct sigaction a;

        sigaction(signals[i].number, NULL, &a);
        printf("handler %s %s %s\n", signals[i].name, a.sa_handler == on_signal ? "host" : "library",
               a.sa_flags & SA_ONSTACK ? "onstack" : "anywhere");
    }
    printf("signals handled: %d\n", (int) signals_handled);
}

/* Whether a mask as /proc has it lets none of the signals through but faults. */
static int holds_all(unsigned long long mask)
{
    int i;

    for (i = 0; i < SIGNALS - FAULTS; i++) {
        if ((mask >> (signals[i].number - 1) & 1) == 0) {
            return 0;
        }
    }
    return 1;
}

static unsigned long long blocked_by(const char *thread)
{
    unsigned long long mask = 0;
    char path[300], line[256];
    FILE *status;

    snprintf(path, sizeof(path), "/proc/self/task/%s/status", thread);
    status = fopen(path, "r");
    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        sscanf(line, "SigBlk: %llx", &mask);
    }
    if (status != NULL) {
        fclose(status);
    }
    return mask;
}

static void each_thread(void (*what)(const char *thread, int number, int times), int number, int times)
{
    DIR *dir = opendir("/proc/self/task");
    struct dirent *d;

    while ((d = readdir(dir)) != NULL) {
        if (d->d_name[0] != '.') {
            what(d->d_name, number, times);
        }
    }
    closedir(dir);
}

static void print_thread(const char *thread, int number, int times)
{
    (void) number;
    (void) times;
    printf("thread %s %s\n", atoi(thread) == getpid() ? "main" : "other", holds_all(blocked_by(thread)) ? "holds" : "takes");
}

static void storm_thread(const char *thread, int number, int times)
{
    while (times-- > 0) {
        syscall(SYS_tgkill, getpid(), atoi(thread), number);
    }
}

/* Called by what a plugin's call reaches: no signal may come meanwhile. */
static void check_held(const char *where)
{
    if (!holds_all(blocked_by("../../thread-self"))) {
        printf("signals are taken in %s\n", where);
    }
}

/* ---- what the library resolves ---- */

#ifndef BARE /* a host that lacks things */
EXPORT char filter_global_properties[256 * 8];

EXPORT int flb_engine_flush(void *config, void *in_force)
{
    (void) config;
    (void) in_force;
    printf("flush\n");
    return 0;
}
#else
static char filter_global_properties[256 * 8];
#endif

EXPORT void flb_log_print(int type, const char *file, int line, const char *fmt, ...)
{
    static const char *const levels[] = {"off", "error", "warn", "info", "debug"};
    char text[4096];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    printf("log %s %s%s\n", levels[type], file == NULL && line == 0 ? "" : "(with a file) ", text);
}

static struct list *properties(struct filter *f)
{
    return layout == KNOWN ? &f->properties : &f->elsewhere;
}

static const char *property(struct list *head, const char *key)
{
    struct list *l;

    for (l = head->next; l != head; l = l->next) {
        struct kv *kv = (struct kv *) ((char *) l - offsetof(struct kv, head));

        if (strcasecmp(kv->key, key) == 0) {
            return kv->val;
        }
    }
    return NULL;
}

EXPORT const char *flb_filter_get_property(const char *key, struct filter *f)
{
    return property(properties(f), key);
}

/* Handed out, not found by its name. */
static const char *output_get_property(const char *key, struct output *o)
{
    return property(&o->properties, key);
}

EXPORT const char *flb_output_name(struct output *o)
{
    return o->name;
}

EXPORT void flb_filter_set_context(struct filter *f, void *context)
{
    f->context = context;
}

EXPORT const char *flb_filter_name(struct filter *f)
{
    return f->name;
}

EXPORT struct input *flb_input_new(struct config *config, const char *name, void *data, int public_only)
{
    struct input *in, **last;

    (void) data;
    (void) public_only;
    if (strcmp(name, "emitter") != 0) {
        return NULL;
    }
    in = calloc(1, sizeof(*in));
    in->config = config;
    strcpy(in->name, "emitter.0");
    for (last = &inputs; *last != NULL; last = &(*last)->next) {
    }
    *last = in;
    return in;
}

EXPORT int flb_input_name_exists(const char *name, struct config *config)
{
    struct input *in;

    for (in = inputs; in != NULL; in = in->next) {
        if (in->config == config && strcmp(in->name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

EXPORT int flb_input_set_property(struct input *in, const char *key, const char *value)
{
    if (strcmp(key, "alias") == 0) {
        snprintf(in->name, sizeof(in->name), "%s", value);
    }
    if (strcmp(key, "storage.type") == 0) {
        in->in_files = strcmp(value, "filesystem") == 0;
    }
    return 0;
}

static int collector(struct input *in, collect_fn collect, int fd)
{
    in->collectors[in->n] = (struct collector){collect, fd, 1};
    return in->n++;
}

EXPORT int flb_input_set_collector_time(struct input *in, collect_fn collect, time_t s, long ns, void *config)
{
    (void) s;
    (void) ns;
    (void) config;
    return collector(in, collect, -1);
}

EXPORT int flb_input_set_collector_event(struct input *in, collect_fn collect, int fd, void *config)
{
    (void) config;
    return collector(in, collect, fd);
}

EXPORT int flb_input_collector_running(int id, struct input *in)
{
    return id < in->n && in->collectors[id].running;
}

EXPORT int flb_input_instance_init(struct input *in, void *config)
{
    (void) config;
    collector(in, NULL, -1); /* the emitter plugin's own */
    return 0;
}

EXPORT void cio_options_init(struct cio_options *options)
{
    options->initialized = 1337;
    options->log_level = 3;
}

EXPORT struct cio *cio_create(struct cio_options *options)
{
    struct cio *c;

    if (options->initialized != 1337 || n_storages == 256) {
        return NULL;
    }
    c = calloc(1, sizeof(*c));
    c->page_size = (int) sysconf(_SC_PAGESIZE);
    c->max_up = 64;
    c->options = *options;
    c->options.initialized = 0;
    c->options.flags |= 1;
    c->options.root_path = options->root_path == NULL ? NULL : strdup(options->root_path);
    c->streams.prev = c->streams.next = &c->streams;
    return storages[n_storages++] = c;
}

EXPORT int flb_storage_input_create(struct cio *cio, struct input *in)
{
    if (in->in_files && cio->options.root_path == NULL) {
        return -1;
    }
    in->storage = cio;
    return 0;
}

static void print_emitters(void)
{
    struct input *in;

    for (in = inputs; in != NULL; in = in->next) {
        printf("emitter %s %s %s\n", in->name, in->in_files ? "filesystem" : "memory",
               in->storage == in->config->cio ? "host" : "own");
    }
}

EXPORT size_t flb_input_chunk_total_size(struct input *in)
{
    return in->pending;
}

static void print_hex(const unsigned char *data, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        printf("%02x", data[i]);
    }
}

EXPORT int flb_input_log_append(struct input *in, const char *tag, size_t tag_len, const void *data, size_t size)
{
    check_held("flb_input_log_append");
    if (in->storage == NULL) {
        printf("append to %s without storage\n", in->name);
        return -1;
    }
    if (refuse != 0) {
        refuse -= refuse > 0;
        return -1;
    }
    if (hold) {
        in->pending += size;
    }
    if (!quiet) {
        printf("append %s %.*s ", in->name, (int) tag_len, tag);
        print_hex(data, size);
        printf("\n");
    }
    return 0;
}

/* ---- metrics: a set is the lines that it will print ---- */

struct cmt {
    FILE *lines;
    char *text;
    size_t size;
    struct metric {
        struct metric *next;
        struct cmt *set;
        char name[128];
        char keys[2][16];
    } *metrics;
};

EXPORT struct cmt *cmt_create(void)
{
    struct cmt *c = calloc(1, sizeof(*c));

    c->lines = open_memstream(&c->text, &c->size);
    return c;
}

EXPORT void cmt_destroy(struct cmt *c)
{
    struct metric *m, *next;

    for (m = c->metrics; m != NULL; m = next) {
        next = m->next;
        free(m);
    }
    fclose(c->lines);
    free(c->text);
    free(c);
}

EXPORT struct metric *cmt_counter_create(struct cmt *c, char *ns, char *subsystem, char *name, char *help,
                                         int labels, char **keys)
{
    struct metric *m = calloc(1, sizeof(*m));
    int i;

    (void) help;
    m->next = c->metrics;
    c->metrics = m;
    m->set = c;
    snprintf(m->name, sizeof(m->name), "%s_%s_%s", ns, subsystem, name);
    for (i = 0; i < labels; i++) {
        snprintf(m->keys[i], sizeof(m->keys[i]), "%s", keys[i]);
    }
    return m;
}

EXPORT int cmt_counter_set(struct metric *m, uint64_t time, double value, int labels, char **values)
{
    int i;

    (void) time;
    fprintf(m->set->lines, "metric %s{", m->name);
    for (i = 0; i < labels; i++) {
        fprintf(m->set->lines, "%s%s=%s", i == 0 ? "" : ",", m->keys[i], values[i]);
    }
    fprintf(m->set->lines, "} %.17g\n", value);
    return 0;
}

EXPORT struct metric *cmt_gauge_create(struct cmt *c, char *ns, char *subsystem, char *name, char *help,
                                       int labels, char **keys)
{
    return cmt_counter_create(c, ns, subsystem, name, help, labels, keys);
}

EXPORT int cmt_gauge_set(struct metric *m, uint64_t time, double value, int labels, char **values)
{
    return cmt_counter_set(m, time, value, labels, values);
}

EXPORT uint64_t cfl_time_now(void)
{
    return (uint64_t) time(NULL) * 1000000000;
}

EXPORT int flb_input_metrics_append(struct input *in, const char *tag, size_t tag_len, struct cmt *c)
{
    fflush(c->lines);
    printf("metrics %s %.*s\n%s", in->name, (int) tag_len, tag, c->text);
    return 0;
}

/* ---- the commands ---- */

/* Writes an array of config maps whose first two names are Fluent Bit's. */
static void fill_global_properties(int stride)
{
    static const char *const names[] = {"match", "match_regex", "alias", "log_level"};
    size_t i;

    for (i = 0; stride > 0 && i < sizeof(names) / sizeof(names[0]); i++) {
        memcpy(filter_global_properties + i * (size_t) stride + 8, (const void *) &names[i], sizeof(names[i]));
    }
}

static void print_map(int stride)
{
    const char *entry = plugin.config_map, *name, *def, *description;
    int type, flags;

    if (entry == NULL) {
        printf("map none\n");
        return;
    }
    for (;; entry += stride) {
        memcpy(&type, entry, sizeof(type));
        memcpy(&name, entry + 8, sizeof(name));
        memcpy(&def, entry + 16, sizeof(def));
        memcpy(&flags, entry + 24, sizeof(flags));
        memcpy(&description, entry + 40, sizeof(description));
        if (name == NULL) {
            break;
        }
        printf("map %s type=%d flags=%d default=%s %s\n", name, type, flags, def == NULL ? "(null)" : def, description);
    }
}

static struct filter *find(const char *name)
{
    struct filter *f;

    for (f = filters; f != NULL; f = f->next) {
        if (strcmp(f->name, name) == 0) {
            return f;
        }
    }
    fprintf(stderr, "no instance %s\n", name);
    exit(2);
}

static void new_config(void)
{
    struct config *c = calloc(1, sizeof(*c));
    struct cio_options options = {0};

    c->next = configs;
    if (!storage_unknown) {
        cio_options_init(&options);
        options.root_path = storage_path;
        c->cio = cio_create(&options);
        c->storage_path = storage_path;
    }
    configs = c;
}

static void new_filter(const char *name)
{
    struct filter *f = calloc(1, sizeof(*f));

    snprintf(f->name, sizeof(f->name), "%s", name);
    f->p = &plugin;
    f->config = configs;
    f->properties.prev = f->properties.next = &f->properties;
    f->elsewhere.prev = f->elsewhere.next = &f->elsewhere;
    if (layout == OTHER) {
        memset(&f->properties, 0, sizeof(f->properties));
    }
    f->next = filters;
    filters = f;
}

static void add_property(struct list *l, const char *key, const char *value)
{
    struct kv *kv = malloc(sizeof(*kv));

    kv->key = strdup(key);
    kv->val = strdup(value);
    kv->head.next = l;
    kv->head.prev = l->prev;
    l->prev->next = &kv->head;
    l->prev = &kv->head;
}

static void free_properties(struct list *l)
{
    struct list *node, *next;

    for (node = l->next; node != NULL && node != l; node = next) {
        struct kv *kv = (struct kv *) ((char *) node - offsetof(struct kv, head));

        next = node->next;
        free(kv->key);
        free(kv->val);
        free(kv);
    }
}

static void free_filter(struct filter *f)
{
    struct filter **at;

    for (at = &filters; *at != f; at = &(*at)->next) {
    }
    *at = f->next;
    free_properties(&f->properties);
    free_properties(&f->elsewhere);
    free(f);
}

static int init(struct filter *f)
{
    int ret = plugin.cb_init(f, f->config, NULL);

    printf("init %s ret=%d context=%s\n", f->name, ret, f->context == NULL ? "none" : "set");
    return ret;
}

static struct input *emitter_of(struct filter *f)
{
    struct input *in, *last = NULL;
    char name[64];

    snprintf(name, sizeof(name), "emitter_for_%s", f->name);
    for (in = inputs; in != NULL; in = in->next) {
        if (in->config == f->config && strcmp(in->name, name) == 0) {
            last = in;
        }
    }
    return last;
}

struct call {
    struct filter *f;
    struct input *in;
    const char *tag, *file;
    int times;
};

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *data;

    if (file == NULL) {
        perror(path);
        exit(2);
    }
    fseek(file, 0, SEEK_END);
    *size = (size_t) ftell(file);
    rewind(file);
    data = malloc(*size);
    if (fread(data, 1, *size, file) != *size) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return data;
}

/* Filters a chunk and prints whether it came back, and whether it was left alone meanwhile. */
static void *filter(void *arg)
{
    struct call *c = arg;
    size_t size;
    char *data = read_file(c->file, &size), *before = malloc(size);
    int i;

    memcpy(before, data, size);
    for (i = 0; i < c->times; i++) {
        void *out = NULL;
        size_t out_size = 0;
        int ret = plugin.cb_filter(data, size, c->tag, (int) strlen(c->tag), &out, &out_size,
                                   c->f, c->in, c->f->context, c->f->config);

        if (!quiet) {
            printf("filter %s ret=%d same=%d ", c->f->name, ret, memcmp(data, before, size) == 0);
            print_hex(out, out_size);
            printf("\n");
        }
        if (ret == 1) {
            free(out);
        } else if (out != NULL || out_size != 0) {
            printf("filter %s returned %d and yet a buffer\n", c->f->name, ret);
        }
    }
    free(before);
    free(data);
    return NULL;
}

static struct output *find_output(const char *name)
{
    struct output *o;

    for (o = outputs; o != NULL; o = o->next) {
        if (strcmp(o->name, name) == 0) {
            return o;
        }
    }
    fprintf(stderr, "no output %s\n", name);
    exit(2);
}

static void new_output(const char *name)
{
    struct output *o = calloc(1, sizeof(*o));

    snprintf(o->name, sizeof(o->name), "%s", name);
    o->other.prev = o->other.next = &o->other;
    o->properties.prev = o->properties.next = &o->properties;
    o->next = outputs;
    outputs = o;
}

static void free_output(struct output *o)
{
    struct output **at;

    for (at = &outputs; *at != o; at = &(*at)->next) {
    }
    *at = o->next;
    free_properties(&o->properties);
    free_properties(&o->other);
    free(o);
}

static void init_output(struct output *o)
{
    struct api api = {.output_get_property = output_get_property};
    struct proxy_output plugin = {.name = "msa", .api = &api, .instance = o, .context = &o->context};

    int ret = output_init(&plugin);

    printf("outputinit %s ret=%d context=%s\n", o->name, ret, o->context == 0 ? "none" : "set");
}

/* The next number of a sequence that begins with a seed: the same in all libraries. */
static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A copy of a chunk with a few of its bytes changed, taken out or put in, in memory of just its size. */
static char *mutant(const char *data, size_t size, uint64_t *state, size_t *out_size)
{
    static const char heads[] = "\x80\x8f\x90\x9f\xa0\xc0\xc1\xc4\xc7\xc9\xd7\xd9\xdb\xdc\xdd\xde\xdf\xff\x00\x7f"; /* of msgpack */
    char *work = malloc(2 * size + 64), *exact;
    size_t n = size;
    int changes = 1 + (int) (next_random(state) % 6);

    memcpy(work, data, size);
    while (changes-- > 0) {
        size_t at = n == 0 ? 0 : next_random(state) % n;
        size_t length = n == 0 ? 0 : next_random(state) % (n - at < 64 ? n - at : 64);

        switch (next_random(state) % 6) {
        case 0:
            if (n > 0) {
                work[at] = heads[next_random(state) % (sizeof(heads) - 1)];
            }
            break;
        case 1:
            if (n > 0) {
                work[at] = (char) next_random(state);
            }
            break;
        case 2: /* a length of four bytes */
            if (n - at >= 5) {
                memcpy(work + at, next_random(state) % 2 ? "\xdf\xff\xff\xff\xff" : "\xdb\x7f\xff\xff\xff", 5);
            }
            break;
        case 3:
            n = at;
            break;
        case 4:
            memmove(work + at, work + at + length, n - at - length);
            n -= length;
            break;
        default:
            if (n + length <= 2 * size) {
                memmove(work + at + length, work + at, n - at);
                n += length;
            }
        }
    }
    exact = malloc(n == 0 ? 1 : n);
    memcpy(exact, work, n);
    free(work);
    *out_size = n;
    return exact;
}

/* Gives mutants of a chunk to a filter, or to an output. */
static void mutate(struct filter *f, struct output *o, char *tag, const char *file, uint64_t seed, int times)
{
    size_t size, n;
    char *data = read_file(file, &size), *chunk, *before;
    int i, modified = 0, changed = 0, ok = 0;

    for (i = 0; i < times; i++) {
        void *out = NULL;
        size_t out_size = 0;

        chunk = mutant(data, size, &seed, &n);
        before = malloc(n + 1);
        memcpy(before, chunk, n);
        if (o != NULL) {
            ok += output_flush((void *) o->context, chunk, n, tag) == 1;
        } else if (plugin.cb_filter(chunk, n, tag, (int) strlen(tag), &out, &out_size, f, &source, f->context, f->config) == 1) {
            if (out_size > 0) {
                (void) ((volatile char *) out)[out_size - 1]; /* reads the last byte */
                modified++;
            }
            free(out);
        }
        changed += memcmp(chunk, before, n) != 0;
        free(before);
        free(chunk);
    }
    free(data);
    printf("mutate %d modified=%d ok=%d changed=%d\n", times, modified, ok, changed);
}

struct flush {
    struct output *o;
    char *tag;
    const char *file;
};

static void *flush(void *arg)
{
    static const char *const results[] = {"error", "ok", "retry"};
    struct flush *f = arg;
    size_t size;
    char *data = read_file(f->file, &size);
    int ret = output_flush((void *) f->o->context, data, size, f->tag);

    printf("flush %s %s\n", f->o->name, ret >= 0 && ret <= 2 ? results[ret] : "?");
    free(data);
    return NULL;
}

static void tick(void)
{
    struct input *in;
    int i;

    for (in = inputs; in != NULL; in = in->next) {
        for (i = 0; i < in->n; i++) {
            struct collector *c = &in->collectors[i];
            struct pollfd p = {.fd = c->fd, .events = POLLIN};

            if (c->collect != NULL && c->running && (c->fd < 0 || poll(&p, 1, 0) == 1)) {
                c->collect(in, in->config, NULL);
            }
        }
    }
}

/* As with a chunk of which only the address is wrong. */
static void filter_bad_chunk(struct filter *f)
{
    void *out = NULL;
    size_t out_size = 0;
    int ret = plugin.cb_filter((void *) 8, 8, "in", 2, &out, &out_size, f, &source, f->context, f->config);

    printf("badchunk %s ret=%d\n", f->name, ret);
}

static void crash(void)
{
    static int *volatile nowhere;

    *nowhere = 1;
}

static void fault(void)
{
    char *volatile block = malloc(16);
    volatile size_t past = 16;

    printf("fault %d\n", block[past] == 0);
    block = NULL;
}

static void command(char *line, int stride)
{
    char *rest = line, *verb, *name;

    verb = strsep(&rest, " ");
    if (strcmp(verb, "map") == 0) {
        print_map(stride);
    } else if (strcmp(verb, "config") == 0) {
        new_config();
    } else if (strcmp(verb, "new") == 0) {
        new_filter(rest);
    } else if (strcmp(verb, "set") == 0) {
        struct filter *f = find(strsep(&rest, " "));

        name = strsep(&rest, " ");
        add_property(properties(f), name, rest);
        if (layout == FALSE_LIST) {
            add_property(&f->properties, name, "false");
        }
    } else if (strcmp(verb, "init") == 0) {
        init(find(rest));
    } else if (strcmp(verb, "forkinit") == 0) {
        struct filter *f = find(rest);
        pid_t pid;

        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            init(f);
            fflush(stdout);
            _exit(0);
        }
        waitpid(pid, NULL, 0);
    } else if (strcmp(verb, "filter") == 0 || strcmp(verb, "own") == 0 || strcmp(verb, "thread") == 0) {
        struct call c = {.in = &source, .times = 1};
        pthread_t thread;

        c.f = find(strsep(&rest, " "));
        c.tag = strsep(&rest, " ");
        c.file = strsep(&rest, " ");
        if (rest != NULL) {
            c.times = atoi(rest);
        }
        if (verb[0] == 'o') {
            c.in = emitter_of(c.f);
        }
        if (verb[0] == 't') {
            pthread_create(&thread, NULL, filter, &c);
            pthread_join(thread, NULL);
        } else {
            filter(&c);
        }
    } else if (strcmp(verb, "mutate") == 0 || strcmp(verb, "outputmutate") == 0) {
        struct filter *f = verb[0] == 'm' ? find(strsep(&rest, " ")) : NULL;
        struct output *o = verb[0] == 'o' ? find_output(strsep(&rest, " ")) : NULL;
        char *tag = strsep(&rest, " "), *file = strsep(&rest, " ");
        uint64_t seed = strtoull(strsep(&rest, " "), NULL, 10);

        mutate(f, o, tag, file, seed, atoi(rest));
    } else if (strcmp(verb, "quiet") == 0) {
        quiet = 1;
    } else if (strcmp(verb, "tick") == 0) {
        int n = atoi(rest);

        while (n-- > 0) {
            tick();
        }
    } else if (strcmp(verb, "sleep") == 0) {
        usleep((useconds_t) atoi(rest) * 1000);
    } else if (strcmp(verb, "refuse") == 0) {
        refuse = atoi(rest);
    } else if (strcmp(verb, "hold") == 0) {
        hold = 1;
    } else if (strcmp(verb, "deliver") == 0) {
        struct input *in;

        hold = 0;
        for (in = inputs; in != NULL; in = in->next) {
            in->pending = 0;
        }
    } else if (strcmp(verb, "stop") == 0) {
        struct input *in;

        for (in = inputs; in != NULL; in = in->next) {
            in->collectors[0].running = 0;
        }
    } else if (strcmp(verb, "exit") == 0) {
        struct filter *f = find(rest);

        if (f->context != NULL) {
            printf("exit %s ret=%d\n", f->name, plugin.cb_exit(f->context, f->config));
        }
        free_filter(f);
    } else if (strcmp(verb, "output") == 0) {
        new_output(rest);
    } else if (strcmp(verb, "outputset") == 0) {
        struct output *o = find_output(strsep(&rest, " "));

        name = strsep(&rest, " ");
        add_property(&o->properties, name, rest);
        add_property(&o->other, name, "false");
    } else if (strcmp(verb, "outputinit") == 0) {
        init_output(find_output(rest));
    } else if (strcmp(verb, "hotreload") == 0) {
        output_pre_run(1);
    } else if (strcmp(verb, "flush") == 0 || strcmp(verb, "workerflush") == 0) {
        struct flush f = {.o = find_output(strsep(&rest, " "))};
        pthread_t thread;

        f.tag = strsep(&rest, " ");
        f.file = rest;
        if (verb[0] == 'w') {
            pthread_create(&thread, NULL, flush, &f);
            pthread_join(thread, NULL);
        } else {
            flush(&f);
        }
    } else if (strcmp(verb, "outputexit") == 0) {
        struct output *o = find_output(rest);

        if (o->context != 0) {
            printf("outputexit %s ret=%d\n", o->name, output_exit((void *) o->context));
        }
        free_output(o);
    } else if (strcmp(verb, "emitters") == 0) {
        print_emitters();
    } else if (strcmp(verb, "heap") == 0) {
        struct mallinfo2 m = mallinfo2();

        printf("heap %zu\n", m.uordblks + m.hblkhd);
    } else if (strcmp(verb, "fault") == 0) {
        fault();
    } else if (strcmp(verb, "badchunk") == 0) {
        filter_bad_chunk(find(rest));
    } else if (strcmp(verb, "signal") == 0) {
        kill(getpid(), atoi(rest));
    } else if (strcmp(verb, "storm") == 0) {
        int number = atoi(strsep(&rest, " "));

        each_thread(storm_thread, number, atoi(rest));
    } else if (strcmp(verb, "handlers") == 0) {
        print_handlers();
    } else if (strcmp(verb, "threads") == 0) {
        each_thread(print_thread, 0, 0);
    } else if (strcmp(verb, "crash") == 0) {
        crash();
    } else if (strcmp(verb, "undefined") == 0) {
        volatile int most = INT_MAX;

        printf("undefined %d\n", most + 1);
    } else {
        fprintf(stderr, "no command %s\n", verb);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static const char *const layouts[] = {"known", "other", "false"};
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    int option, stride = 104;
    struct proxy_def def = {0};
    void *library, *symbol;

    while ((option = getopt(argc, argv, "s:l:p:u")) != -1) {
        if (option == 's') {
            stride = atoi(optarg);
        } else if (option == 'p') {
            storage_path = optarg;
        } else if (option == 'u') {
            storage_unknown = 1;
        } else {
            for (layout = KNOWN; strcmp(layouts[layout], optarg) != 0; layout++) {
            }
        }
    }
    fill_global_properties(stride);
    set_handlers();
    library = dlopen(argv[optind], RTLD_LAZY);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    symbol = dlsym(library, "filter_msa_plugin");
    if (symbol == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    memcpy(&plugin, symbol, sizeof(plugin));
    printf("plugin %s %s\n", plugin.name, plugin.description);
    *(void **) &output_register = dlsym(library, "FLBPluginRegister");
    *(void **) &output_pre_run = dlsym(library, "FLBPluginOutputPreRun");
    *(void **) &output_init = dlsym(library, "FLBPluginInit");
    *(void **) &output_flush = dlsym(library, "FLBPluginFlushCtx");
    *(void **) &output_exit = dlsym(library, "FLBPluginExitCtx");
    *(void **) &output_unregister = dlsym(library, "FLBPluginUnregister");
    if (output_register == NULL || output_register(&def) != 0) {
        fprintf(stderr, "no output\n");
        return 2;
    }
    printf("output %s type=%d proxy=%d %s\n", def.name, def.type, def.proxy, def.description);
    new_config();
    while ((n = getline(&line, &size, stdin)) > 0) {
        if (line[n - 1] == '\n') {
            line[n - 1] = '\0';
        }
        command(line, stride);
        fflush(stdout);
    }
    free(line);
    output_unregister(&def);
    while (outputs != NULL) {
        free_output(outputs);
    }
    while (filters != NULL) {
        free_filter(filters);
    }
    while (inputs != NULL) {
        struct input *next = inputs->next;

        free(inputs);
        inputs = next;
    }
    while (configs != NULL) {
        struct config *next = configs->next;

        free(configs);
        configs = next;
    }
    while (n_storages > 0) {
        struct cio *c = storages[--n_storages];

        free(c->options.root_path);
        free(c);
    }
    return 0;
}
