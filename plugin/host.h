/*
 * The part of Fluent Bit's binary interface that the filter uses, declared from
 * its documented layout. All of it is the same from 3.2.10 to 5.1.1 unless a
 * comment says otherwise. Sizes and offsets are for LP64 (x86-64, arm64).
 *
 * Instances and the configuration are opaque: what is in them and around them
 * changes between versions, so they are only handed to functions of the host.
 */
#ifndef MSA_HOST_H
#define MSA_HOST_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Of ours, only filter_msa_plugin and FLBPlugin* are the host's to see. */
#pragma GCC visibility push(hidden)

struct flb_config;
struct flb_filter_instance;
struct flb_output_instance;
struct flb_input_instance; /* to a processor of an output it is an output instance: compare, never use */
struct cmt;
struct cmt_counter;
struct cmt_gauge;

/* Return values of cb_filter, include/fluent-bit/flb_filter.h. */
#define FILTER_MODIFIED 1 /* *out_buf came from malloc and is the host's to free */
#define FILTER_NOTOUCH 2

/* Types of flb_log_print, include/fluent-bit/flb_log.h. */
#define LOG_ERROR 1
#define LOG_WARN 2
#define LOG_INFO 3
#define LOG_DEBUG 4

/*
 * struct flb_filter_plugin, include/fluent-bit/flb_filter.h: 88 bytes, which the
 * host copies from the symbol filter_msa_plugin with its own sizeof. The reserve
 * keeps a host with a longer struct from reading past ours.
 */
struct filter_plugin {
    int event_type; /* 0: logs */
    int flags;
    const char *name;
    const char *description;
    void *config_map;
    int (*cb_pre_run)(struct flb_filter_instance *, struct flb_config *, void *);
    int (*cb_init)(struct flb_filter_instance *, struct flb_config *, void *);
    int (*cb_filter)(const void *data, size_t size, const char *tag, int tag_len,
                     void **out, size_t *out_size,
                     struct flb_filter_instance *, struct flb_input_instance *,
                     void *context, struct flb_config *);
    int (*cb_exit)(void *context, struct flb_config *); /* only with a context */
    int (*cb_notification)(struct flb_filter_instance *, struct flb_config *, void *);
    void *head[2]; /* the host's */
    char reserve[168];
};

/*
 * struct flb_config_map, include/fluent-bit/flb_config_map.h, up to what a plugin
 * fills in. What follows is the host's and makes an element 96 bytes long up to
 * 5.0.2 and 104 from 5.0.3.
 */
struct config_map {
    int type; /* 0 string, 2 int, 3 bool, 5 size */
    const char *name; /* NULL ends the array */
    const char *def;
    int flags; /* 1: may be given many times */
    int set_property; /* 0: the host stores the value nowhere, we read it */
    uintptr_t offset;
    const char *description;
};

/* struct mk_list, lib/monkey/include/monkey/mk_core/mk_list.h. */
struct list {
    struct list *prev;
    struct list *next;
};

/* struct flb_kv, include/fluent-bit/flb_kv.h. */
struct kv {
    char *key;
    char *val;
    struct list head;
};

/* FLB_ERROR of a Go proxy's plugin, include/fluent-bit/flb_output.h; the other codes are only said in Go. */
#define OUTPUT_ERROR 0

/*
 * What the host hands to a plugin of its Go proxy (src/proxy/go/go.c). fluent-bit-go
 * knows it, too, and hides the instance, without which a property that does not exist
 * or is given twice can't be found.
 */
struct proxy_output {
    char *name;
    void *api;
    struct flb_output_instance *instance;
    void *context;
};

/* A function of the host that is called when a collector of an input is due, on the engine's thread. */
typedef int (*collect_fn)(struct flb_input_instance *, struct flb_config *, void *context);

/*
 * msa_resolve looks up the host's functions once and returns NULL, or the name of
 * the first that the host lacks. Nothing below may be called before it gave NULL.
 */
const char *msa_resolve(void);

/* msa_log hands a line to the host's logger; level is one of LOG_*. */
void msa_log(int level, const char *text);
/* msa_log_level is the most verbose level that the host prints. */
int msa_log_level(void);

/* msa_filter_name is the instance's alias or name, borrowed. */
const char *msa_filter_name(struct flb_filter_instance *);
void msa_filter_set_context(struct flb_filter_instance *, uintptr_t context);
/* msa_property is the first value of a property, borrowed, or NULL when it wasn't given. */
const char *msa_property(struct flb_filter_instance *, const char *key);

/* msa_hot_reload tells whether the host may be reloaded, as far as it told an output. */
int msa_hot_reload(void);

/*
 * msa_property_list finds the instance's list of properties, NULL when it isn't
 * where it is known to be. The instance's context is NULL afterwards.
 */
const struct list *msa_property_list(struct flb_filter_instance *);
/* The same of an output. Its list is found by a property that was given, and its value. */
const char *msa_output_name(struct flb_output_instance *);
const struct list *msa_output_property_list(struct flb_output_instance *, const char *key, const char *value);
/*
 * msa_property_values collects up to max values of a property from a list and
 * returns how many it has, or -1 when the list contradicts first, which the accessor
 * has given. The values are borrowed.
 */
int msa_property_values(const struct list *, const char *key, const char *first, const char **values, int max);
/* msa_property_keys collects the names of all properties likewise; one may be there several times. */
int msa_property_keys(const struct list *, const char **keys, int max);

/*
 * msa_storage_find gives the storage of a configuration, in which its inputs keep their
 * chunks, and writes the path of its files, empty when it has none. NULL when it is not
 * where it is known to be.
 */
#define MAX_STORAGE_PATH 4096
void *msa_storage_find(struct flb_config *, char path[MAX_STORAGE_PATH]);

/*
 * msa_emitter_create makes a hidden input through which the filter emits records,
 * and two collectors on it: each period, and whenever wake is readable, the engine's
 * thread calls msaTick. ours gets a bit for each of the two. It keeps chunks in the
 * storage, NULL for one of its own in memory, and if files is set in files. The host
 * destroys the input with its others. NULL on failure, then *failed says which function
 * refused.
 */
struct flb_input_instance *msa_emitter_create(struct flb_config *, const char *alias, void *storage, int files, long period_ns,
                                              int wake, uint32_t *ours, const char **failed);
/* msa_wake_create is a descriptor for wake, an eventfd, or -1. */
int msa_wake_create(void);
/* msa_emitter_append emits events under a tag; they are copied. Engine thread only. */
int msa_emitter_append(struct flb_input_instance *, const char *tag, size_t tag_len,
                       const void *events, size_t size);
/* msa_emitter_pending is how many bytes the emitter holds that no output has taken yet. */
size_t msa_emitter_pending(struct flb_input_instance *);
/* msa_emitter_running is a bit for each of the emitter's first 32 collectors that runs. */
uint32_t msa_emitter_running(struct flb_input_instance *);
/* msa_flush dispatches what the inputs hold to the outputs now. Engine thread only. */
void msa_flush(struct flb_config *);

/*
 * Metrics: a set is begun, filled and sent, which also destroys it. Strings are
 * copied. label is a second one beside the instance's name, or NULL.
 */
struct cmt *msa_metrics_begin(void);
struct cmt_counter *msa_counter(struct cmt *, const char *subsystem, const char *name,
                                const char *help, const char *label);
struct cmt_gauge *msa_gauge(struct cmt *, const char *subsystem, const char *name, const char *help);
void msa_counter_set(struct cmt_counter *, double value, const char *name, const char *cause);
void msa_gauge_set(struct cmt_gauge *, double value, const char *name);
int msa_metrics_send(struct cmt *, struct flb_input_instance *, const char *tag, size_t tag_len);

/*
 * Signals, see signals.c. A call to Go is between msa_signals_hold and msa_signals_release,
 * on one thread. msa_signals_loaded is called once the Go runtime has its handlers.
 */
void msa_signals_hold(sigset_t *before);
void msa_signals_release(const sigset_t *before);
void msa_signals_loaded(void);

/* msa_copy is a malloc'ed copy for the host to free, NULL when memory is short. */
void *msa_copy(const void *from, size_t size);

#pragma GCC visibility pop

#endif
