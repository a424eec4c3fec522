/*
 * The host's signals and the Go runtime in one process.
 *
 * Fluent Bit's handler calls signal() for all of its signals again each time that one
 * of them arrives (src/fluent-bit.c, flb_signal_handler and flb_signal_init, 3.2 to
 * 5.1). That takes off the SA_ONSTACK that the Go runtime had added when it was loaded,
 * and puts the host's handlers of SIGSEGV and SIGFPE in place of Go's. From then on
 *
 *   - a signal that arrives on a thread which runs Go code is handled on a goroutine's
 *     stack of some kilobytes, and overwrites what lies beside it, and
 *   - a nil dereference in Go ends the process instead of becoming a panic.
 *
 * Against the first: no thread takes one of the host's signals while it runs Go code.
 * The runtime's own threads have them blocked from their birth (the mask of the thread
 * on which the runtime starts is the mask of all that it makes, runtime/proc.go,
 * initSigmask), and the host's threads have them blocked while they are in a call to us.
 * The kernel gives a signal that is for the process to a thread that takes it, as the
 * host's main thread does; what was sent to a thread itself waits until it leaves Go.
 *
 * Against the second: the host's handlers run inside of one of ours, which puts right
 * what they undid before the signal's delivery ends. Should two signals arrive on two
 * threads at the very same time, the second may find the host's handler instead; what
 * it undoes is put right at the next call to us, which is a tick away at most.
 *
 * What the host does with its signals stays as it is: its handlers are called for each.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "host.h"

enum { HOST_SIGNALS = 5, FAULTS = 2 };

/* Those of flb_signal_init. */
static const int host_signals[HOST_SIGNALS] = {SIGHUP, SIGCONT, SIGINT, SIGQUIT, SIGTERM};
static const int faults[FAULTS] = {SIGSEGV, SIGFPE};

typedef void (*handler_fn)(int, siginfo_t *, void *);

/* The signals that wait while a thread runs Go code. */
static sigset_t asynchronous;

/* The mask with which the library was loaded. */
static sigset_t loaders_mask;

/* The memory of the program, which has the host's handlers. */
static uintptr_t program_begin, program_end;

/* The host's handlers, by the signal. */
static _Atomic(handler_fn) hosts[NSIG];

/* Go's handlers, by the index in faults; flags are 0 if there is none. */
static struct sigaction gos[FAULTS];

/*
 * Some signals are never held: those that a thread's own code causes, those that the
 * runtime sends to its threads (SIGURG, SIGPROF), and SIGCHLD, which it does not let
 * be blocked.
 */
static void fill_asynchronous(void)
{
    static const int never[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGPIPE,
                                SIGURG, SIGPROF, SIGCHLD};
    size_t i;

    sigfillset(&asynchronous);
    for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        sigdelset(&asynchronous, never[i]);
    }
}

static int find_program(struct dl_phdr_info *object, size_t size, void *data)
{
    uintptr_t begin, end;
    size_t i;

    (void) size;
    (void) data;
    for (i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];

        if (part->p_type == PT_LOAD) {
            begin = object->dlpi_addr + part->p_vaddr;
            end = begin + part->p_memsz;
            if (program_end == 0 || begin < program_begin) {
                program_begin = begin;
            }
            if (end > program_end) {
                program_end = end;
            }
        }
    }
    return 1; /* the first object is the program, and the others are of no interest */
}

static int is_hosts(const struct sigaction *action)
{
    uintptr_t at = (uintptr_t) action->sa_sigaction; /* shares its place with sa_handler */

    return at >= program_begin && at < program_end;
}

static void on_signal(int number, siginfo_t *info, void *context);

/* In a signal handler, too: only what POSIX allows there. */
static void repair(void)
{
    struct sigaction now;
    int i;

    for (i = 0; i < HOST_SIGNALS; i++) {
        if (sigaction(host_signals[i], NULL, &now) == 0 && is_hosts(&now)) {
            atomic_store(&hosts[host_signals[i]], now.sa_sigaction);
            now.sa_sigaction = on_signal;
            now.sa_flags |= SA_ONSTACK | SA_SIGINFO;
            sigaction(host_signals[i], &now, NULL);
        }
    }
    for (i = 0; i < FAULTS; i++) {
        if (gos[i].sa_flags != 0 && sigaction(faults[i], NULL, &now) == 0 && is_hosts(&now)) {
            sigaction(faults[i], &gos[i], NULL);
        }
    }
}

/* A handler that takes one argument does not see the others, as in Go's own forwarding. */
static void on_signal(int number, siginfo_t *info, void *context)
{
    int before = errno;

    atomic_load(&hosts[number])(number, info, context);
    repair();
    errno = before;
}

void msa_signals_hold(sigset_t *before)
{
    pthread_sigmask(SIG_BLOCK, &asynchronous, before);
    repair();
}

void msa_signals_release(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* Before the Go runtime starts, which is in a constructor without a priority. */
__attribute__((constructor(101))) static void before_go(void)
{
    fill_asynchronous();
    pthread_sigmask(SIG_BLOCK, &asynchronous, &loaders_mask);
}

void msa_signals_loaded(void)
{
    int i;

    dl_iterate_phdr(find_program, NULL);
    for (i = 0; i < FAULTS; i++) {
        if (sigaction(faults[i], NULL, &gos[i]) != 0 || is_hosts(&gos[i])) {
            memset(&gos[i], 0, sizeof(gos[i]));
        }
    }
    repair();
    pthread_sigmask(SIG_SETMASK, &loaders_mask, NULL);
}
