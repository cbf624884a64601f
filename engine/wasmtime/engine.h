/* Narrow C boundary over Wasmtime: components of WASI 0.2, run by executors that live in C++.
 *
 * Ownership. A pointer returned by *_new, *_open, *_find or *_start belongs to the caller and is given back to the
 * matching *_free, once; null is accepted there. Engines, components, pre-instances and settings are counted inside:
 * freeing one while calls that need it are running is allowed, they keep what they need.
 * Slices are borrowed: valid during the call (either direction) that passes them, copied by whoever keeps them.
 * Threads. Objects may be used from any thread; a linker, an instance and an exchange from one at a time.
 * Callbacks of a task run on the thread that runs the task, inside eng_task_run (or inside the *_start and *_free that is
 * named with them). A callback must not throw and must not block; one that runs on the guest's stack (each says so) must
 * also not run or free tasks, and needs less than 64 KiB of stack.
 * Errors. A fallible function takes eng_fail and calls it at most once, before it answers null or false. A task ends
 * with a report; null means success. Panics never cross: they become the message of eng_fail or a report ENG_PANIC.
 * Units. Bytes, nanoseconds; text is UTF-8 without a final zero. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eng_engine eng_engine;
typedef struct eng_component eng_component;
typedef struct eng_symbols eng_symbols;
typedef struct eng_linker eng_linker;
typedef struct eng_pre eng_pre;
typedef struct eng_setting eng_setting;
typedef struct eng_instance eng_instance;
typedef struct eng_func eng_func;
typedef struct eng_call eng_call;
typedef struct eng_wake eng_wake;
typedef struct eng_http eng_http;
typedef struct eng_exchange eng_exchange;
typedef struct eng_client eng_client;
typedef struct eng_task eng_task;

typedef struct { const uint8_t *ptr; size_t len; } eng_slice;

/* Says why a function failed. Text for people: what was found, what was expected. */
typedef void (*eng_fail)(void *user, eng_slice message);
/* Takes text or bytes, in one piece unless said otherwise. */
typedef void (*eng_text)(void *user, eng_slice bytes);

/* "wasmtime 48.0.8": static. */
eng_slice eng_version(void);

/* ---- canonical image -------------------------------------------------------------------------
 * A parameter or result tuple in the component model's memory32 layout at offset 0. Lists and strings are appended;
 * their pointers are offsets into the image. Padding and inactive bytes are zero. A handle is the u32 `rep` that the host
 * chose (eng_linker_resource). Owned; moves by value. The arguments of an import may be lent: their last list, if large, is
 * left in the memory of the guest that calls, beyond `len`. They can be passed on to eng_call_fresh or eng_call_start as they are. */
typedef struct eng_lent eng_lent;
typedef struct { uint8_t *ptr; size_t len; size_t cap; eng_lent *lent; /* null: everything is here */ } eng_image;
eng_image eng_image_new(size_t len); /* zeroed */
/* Copies what is lent into the image. From any thread. False when the import was answered or its guest is gone: too late. */
bool eng_image_whole(eng_image *);
void eng_image_free(eng_image);

/* ---- tasks -----------------------------------------------------------------------------------
 * A start function returns a task that is already scheduled: call eng_task_run once (now, or posted to the executor) and
 * eng_task_free once. `schedule` may come from any thread and means: call eng_task_run(task) exactly once, later, on the
 * executor. Runs that were scheduled before eng_task_free must still be made: they release the task. */
typedef enum {
  ENG_WOKEN = 0, /* what the task waited for has happened */
  ENG_SLICE = 1, /* it used up its slice of CPU time: let others go first. Always called by the thread that
                    runs the task, inside eng_task_run. */
} eng_why;
typedef struct { void *exec; void (*schedule)(void *exec, const eng_task *task, eng_why); } eng_exec;
void eng_task_run(const eng_task *);
/* Cancels an unfinished task: no callback of its sink comes any more, its guest is dropped here and now if it waits or
 * is due to run, else when it leaves the run that it is in. May be called inside a callback that is not on the guest's stack. */
void eng_task_free(const eng_task *);
uint64_t eng_task_polls(const eng_task *);
uint64_t eng_task_cpu(const eng_task *); /* nanoseconds inside its runs, not those of tasks run inside; from any thread */

/* ---- limits and reports ----------------------------------------------------------------------
 * Of one call or one kept instance; 0 means no limit but the engine's own. */
typedef struct {
  uint64_t cpu_ns;         /* CPU time of the guest and its inline host calls, not wall time; per call */
  uint64_t memory;         /* bytes of all linear memories together */
  uint64_t table_elements; /* of all tables together */
  uint32_t instances;      /* core instances */
  uint32_t host_objects;   /* streams, requests, header sets, handles… that the guest may hold at once */
  uint32_t header_count;   /* fields of one header set, either direction */
  uint64_t header_bytes;   /* of one header set: names + values + 32 per field */
  uint64_t hostcall_bytes; /* that one call may hand from the guest to the host */
  uint64_t host_bytes;     /* that the host holds for this guest: all its header sets, early bodies, the image of the
                              import in flight. Bodies under way are bounded by window and credit, not by this. */
} eng_limits;

typedef enum {
  ENG_TRAP = 1,   /* the guest did what WebAssembly or the component model forbids */
  ENG_CPU = 2,    /* CPU budget spent */
  ENG_MEMORY = 3, /* it ended after one of its memory or table growths had been refused, or could not be instantiated
                     within its limits */
  ENG_BUSY = 4,   /* no free slot, and the guest had called no host function: the call may be tried again */
  ENG_PANIC = 5,  /* a defect of the engine: this store is gone, the process goes on */
  ENG_HOST = 6,   /* a host function or the embedding refused, or a limit on what the host holds was reached */
  ENG_GUEST = 7,  /* the guest returned, but broke its contract: no response, body not finished, content-length wrong */
  ENG_HALFWAY = 8, /* no free slot, but a part of the guest was there already and had called a host function: trying again
                      would repeat that */
} eng_end;
typedef enum {
  ENG_LIMIT_NONE = 0,
  ENG_LIMIT_CPU = 1,            /* nanoseconds */
  ENG_LIMIT_MEMORY = 2,         /* bytes */
  ENG_LIMIT_TABLES = 3,         /* elements */
  ENG_LIMIT_INSTANCES = 4,      /* core instances */
  ENG_LIMIT_HOST_OBJECTS = 5,   /* objects */
  ENG_LIMIT_HEADER_BYTES = 6,   /* bytes */
  ENG_LIMIT_HOSTCALL_BYTES = 7, /* bytes; `wanted` is 0 when Wasmtime does not tell it */
  ENG_LIMIT_HOST_MEMORY = 8,    /* bytes: eng_limits.host_bytes */
  ENG_LIMIT_HEADER_COUNT = 9,   /* fields */
} eng_limit_kind;
typedef struct {
  eng_slice module, function; /* demangled; the module's name is empty in a stripped component */
  eng_slice file;             /* empty: look `offset` up with eng_symbols_find */
  uint32_t line, column;
  size_t offset; /* in the component's binary, as compiled */
} eng_frame;
/* Valid during the callback that passes it. */
typedef struct {
  eng_end end;
  eng_limit_kind limit_kind; /* which limit it was, if any */
  uint64_t limit, wanted;    /* its value and what would have been needed; the unit goes with the kind */
  eng_slice message;         /* one line, without limit names of the manifest */
  const eng_frame *frames;   /* innermost first */
  size_t frame_count;
  uint64_t cpu_ns;
  uint64_t memory; /* bytes of linear memory at the end */
} eng_report;

/* How many panics were caught so far in this process; hands over the text of the newest (callback may be null). */
uint64_t eng_panics(eng_text newest, void *user);

/* ---- engine ----------------------------------------------------------------------------------
 * One per process. Everything here but pool_size, keep_resident and threads is part of eng_engine_hash. The ticker
 * thread sleeps while no task is polled. */
typedef struct {
  bool pooling;           /* false: memory on demand, for hosts with little address space */
  uint32_t pool_size;     /* calls at once, nested callees included */
  uint32_t threads;       /* that run tasks: each may keep a batch of freed slots back, the pool gets as much slack */
  size_t keep_resident;   /* bytes per memory slot that are cleared instead of returned to the kernel */
  uint32_t tick_us;       /* between epoch ticks; 0 leaves the checks out of the code */
  uint64_t slot;          /* address space of a memory; 0: 4 GiB and no bounds checks */
  uint64_t max_memory;    /* most bytes that any one memory may have; 0: the slot */
  uint32_t memories;      /* per component; 0: 4 */
  uint32_t tables;        /* per component; 0: 8 */
  uint32_t cores;         /* core instances per component, adapters included; 0: 30 */
  uint32_t table_elements;/* most elements of one table; 0: 65536 */
} eng_options;
/* Fails with the reason when the address space does not suffice: try a smaller slot, then pooling = false. */
eng_engine *eng_engine_new(const eng_options *, eng_fail, void *user);
void eng_engine_free(eng_engine *);
/* Changes with everything that makes artifacts incompatible: version, settings, CPU. Part of an artifact's cache key. */
uint64_t eng_engine_hash(const eng_engine *);

/* ---- binaries --------------------------------------------------------------------------------
 * Pure functions of bytes, from any thread. */
typedef enum {
  ENG_WASM_COMPONENT = 0,
  ENG_WASM_MODULE = 1, /* a core module: needs adapting to a component */
  ENG_WASM_TEXT = 2,   /* WebAssembly text (WAT) */
  ENG_WASM_EMPTY = 3,
  ENG_WASM_OTHER = 4,  /* not WebAssembly at all */
  ENG_WASM_BROKEN = 5, /* starts like WebAssembly but is truncated or invalid: `detail` is called */
  ENG_WASM_ASYNC = 6,  /* a valid component that needs component-model-async (WASI 0.3): `detail` is called */
} eng_wasm;
/* Validates in full: some 10 ms per MB. `detail` says more than the kind does. */
eng_wasm eng_wasm_kind(eng_slice wasm, eng_fail detail, void *user);
/* The WIT of a component, as text for people. */
bool eng_wit_text(eng_slice wasm, eng_text, void *text_user, eng_fail, void *user);

/* Function, file and line of offsets in a component's binary, from its DWARF and name sections. Thread-safe. Keeps
 * a copy of `wasm`; reading the debug information is left to the first find of each module. */
eng_symbols *eng_symbols_new(eng_slice wasm, eng_fail, void *user);
void eng_symbols_free(eng_symbols *);
/* Calls `found` for the function at `offset` (eng_frame.offset; `wasm` must be the bytes that were compiled), innermost inlined
 * one first; file is empty and line 0 where unknown. False if the offset is in no module's code. */
typedef void (*eng_symbol)(void *user, eng_slice function, eng_slice file, uint32_t line, uint32_t column);
bool eng_symbols_find(const eng_symbols *, size_t offset, eng_symbol found, void *user);

/* ---- components ------------------------------------------------------------------------------ */
/* Compiles: takes long, uses Rayon's threads. */
eng_component *eng_component_new(const eng_engine *, eng_slice wasm, eng_fail, void *user);
/* Maps an artifact that eng_component_save wrote. The file must be exactly what was saved by an engine of the same
 * eng_engine_hash: anything else is undefined behaviour, so verify a hash first. The file may be deleted afterwards. */
eng_component *eng_component_open(const eng_engine *, eng_slice path, eng_fail, void *user);
bool eng_component_save(const eng_component *, eng_text sink, void *sink_user, eng_fail, void *user);
void eng_component_free(eng_component *);
/* JSON: {"imports": [ITEM], "exports": [ITEM], "needs_async": bool, "resources_required": {"memories", "tables",
 * "max_initial_memory", "max_initial_table"} or null}. ITEM of an interface: {"interface": "wasi:io/poll@0.2.6", "functions":
 * [FUNC], "resources": ["pollable"]}; of a bare function: {"interface": "", "functions": [FUNC], "resources": []} (one item for
 * all of them). FUNC: {"name", "signature", "params": [{"name", "type"}], "result": TYPE or null, "async": bool}. Types are
 * structural WIT text: equal texts, equal shapes; resources stand by name ("own<pollable>", "borrow<pollable>"). */
bool eng_component_describe(const eng_component *, eng_text, void *text_user, eng_fail, void *user);

/* ---- imports ---------------------------------------------------------------------------------
 * Starts a host import. Answer `call` exactly once, at once or later, from any thread, with eng_call_return or
 * eng_call_trap. Owns `args`, which may be lent. Off the fiber it runs on the thread's own stack after the guest's poll; otherwise on the
 * guest's stack. */
typedef void (*eng_import)(void *import_user, const eng_call *call, eng_image args);
void eng_call_return(const eng_call *, eng_image result);          /* consumes both */
void eng_call_trap(const eng_call *, eng_slice message);           /* consumes the call: the guest ends, ENG_HOST */
void *eng_call_context(const eng_call *); /* `context` of the guest call that made this import; until answered */

/* WASI 0.2 is defined already: cli, clocks, random, io, filesystem, sockets (all denied), http/types. Not defined, since they
 * come from links: wasi:http/outgoing-handler (eng_linker_http) and everything else. Make one linker per component. */
eng_linker *eng_linker_new(const eng_engine *, eng_fail, void *user);
void eng_linker_free(eng_linker *);
/* Defines one imported function of `component` as it imports it; its type comes from the component. `iface` is the full
 * import name with version, empty for a bare function. */
bool eng_linker_func(eng_linker *, const eng_component *, eng_slice iface, eng_slice name, eng_import,
                     void *import_user, bool off_fiber, eng_fail, void *user);
/* Defines an imported resource type. Its handles, own and borrow, are u32 numbers of C++'s choice. `drop` tells that the guest
 * dropped an own handle: on the guest's stack, no answer. It is not called for handles that a guest still holds when its
 * instance ends: release what belongs to `context` when the call is done. */
typedef void (*eng_drop)(void *import_user, void *context, uint32_t rep);
bool eng_linker_resource(eng_linker *, const eng_component *, eng_slice iface, eng_slice name, eng_drop,
                         void *import_user, eng_fail, void *user);
/* Fails when an import is not defined. `import_user`s must outlive the pre-instance and all its calls. */
eng_pre *eng_pre_new(const eng_linker *, const eng_component *, eng_fail, void *user);
void eng_pre_free(eng_pre *);

/* ---- settings of a deployment ----------------------------------------------------------------
 * What a guest finds around it. Callbacks run on the guest's stack, on the thread that runs the task. */
typedef struct {
  void *user;
  uint64_t (*monotonic_ns)(void *user);
  void (*wall)(void *user, uint64_t *seconds, uint32_t *nanoseconds); /* since 1970 */
  void (*random)(void *user, uint8_t *out, size_t len);               /* cryptographically secure */
  /* What the guest wrote to its standard output (1) or error (2); at most 64 KiB at a time, nothing is kept here. */
  void (*write)(void *user, void *context, uint32_t fd, eng_slice bytes);
  /* Call eng_wake_fire(wake) exactly once, `ns` from now or whenever it is pointless to wait on. */
  void (*sleep)(void *user, void *context, uint64_t ns, const eng_wake *wake);
  /* Nobody waits for `wake` any more: stop the timer, and then (or from its handler) still fire it, which only releases it.
   * Comes inside eng_task_run or eng_task_free, also on the thread's own stack. Not called after eng_wake_fire, unless that races from
   * another thread: then `wake` may be known here no more. */
  void (*cancel)(void *user, const eng_wake *wake);
  /* The setting is freed and no call uses it: `user` is not touched again. From any thread; may be null. */
  void (*released)(void *user);
} eng_world;
void eng_wake_fire(const eng_wake *); /* from any thread; consumes it */

typedef struct { eng_slice name, value; } eng_pair;
typedef struct { eng_slice host, guest; bool writable; } eng_dir; /* paths; the host's is opened by eng_setting_new */
typedef struct {
  const eng_pair *env;
  size_t env_count;
  const eng_slice *args; /* the program's name first */
  size_t arg_count;
  const eng_dir *dirs;
  size_t dir_count;
  bool stdin_inherit;    /* the process's own standard input; else it is at its end */
  bool terminal[3];      /* whether fd 0, 1, 2 are to look like a terminal */
  eng_world world;       /* every pointer but `released` must be set */
} eng_setting_options;
eng_setting *eng_setting_new(const eng_setting_options *, eng_fail, void *user);
void eng_setting_free(eng_setting *);

/* ---- calls ----------------------------------------------------------------------------------- */
/* An exported function; `iface` empty for a bare one. Failing lists near names. */
eng_func *eng_func_find(const eng_component *, eng_slice iface, eng_slice name, eng_fail, void *user);
void eng_func_free(eng_func *);

/* One call in a new instance. `returned` (owns the image) comes before the instance is torn down, `done` last; after an error
 * only `done`. Takes over `args`; when it ends with ENG_BUSY `unused` gives them back first, as they were. `context` is what
 * imports find with eng_call_context and `world` callbacks get. */
typedef struct {
  void *user;
  void (*returned)(void *user, eng_image result);
  void (*unused)(void *user, eng_image args);
  void (*done)(void *user, const eng_report *);
} eng_call_sink;
const eng_task *eng_call_fresh(const eng_pre *, const eng_func *, eng_image args, const eng_limits *,
                               const eng_setting *, void *context, eng_exec, eng_call_sink);

/* Sessions: an instance that is kept. `done` of eng_instance_start gets the owned instance, or null and a report. */
typedef void (*eng_instantiated)(void *user, const eng_report *, eng_instance *);
const eng_task *eng_instance_start(const eng_pre *, const eng_limits *, const eng_setting *, void *context, eng_exec,
                                   eng_instantiated, void *user);
void eng_instance_free(eng_instance *);
/* The context of the calls that follow. */
void eng_instance_context(eng_instance *, void *context);
/* Takes over instance and image. On success `done` hands the instance back together with the result; after an error the
 * instance is null and the image empty: a store that trapped is never used again. A cancelled call takes its instance along. */
typedef void (*eng_called)(void *user, const eng_report *, eng_instance *, eng_image result);
const eng_task *eng_call_start(eng_instance *, const eng_func *, eng_image args, eng_exec, eng_called, void *user);

/* wasi:cli/run. `exit_code` is what the program asked for; 1 when its run function failed; without meaning after an error.
 * Calls `fail` and answers null when the component exports no wasi:cli/run. */
typedef struct { void *user; void (*done)(void *user, const eng_report *, uint32_t exit_code); } eng_command_sink;
const eng_task *eng_command_start(const eng_pre *, const eng_limits *, const eng_setting *, void *context, eng_exec,
                                  eng_command_sink, eng_fail, void *user);

/* ---- wasi:http 0.2 incoming: an instance per request ------------------------------------------
 * Bodies stream both ways without a queue in between: the request by `want` and push, the response by credit. An exchange
 * is borrowed: valid until `done` returns or the task is freed, used on the task's thread. */
typedef eng_pair eng_header;
typedef struct {
  eng_slice method, target;    /* target: path with query */
  eng_slice scheme, authority; /* "http" or "https"; never empty: a request without authority is the caller's 400 */
  const eng_header *headers;   /* the guest gets all but those of the connection */
  size_t header_count;
  eng_slice body;              /* what is there already */
  bool body_ended;             /* nothing more is ever asked for */
  const eng_header *trailers;  /* with body_ended only */
  size_t trailer_count;
  size_t credit;               /* bytes of response that may come before eng_http_credit */
} eng_http_request;
/* All but `done` may run on the guest's stack. Order: head, body*, end; or refused; or neither; then `done`. A response
 * that got `head` but no `end` before `done` is incomplete: `done` then has a report. */
typedef struct {
  void *user;
  /* Every header of the guest; connection and framing headers are refused to it, content-length is checked and passed. */
  void (*head)(void *user, const eng_exchange *, uint16_t status, const eng_header *, size_t header_count);
  void (*body)(void *user, eng_slice chunk); /* uses up credit */
  void (*end)(void *user, const eng_header *trailers, size_t trailer_count); /* complete: send now */
  /* The guest answered with an error-code instead: its WIT name and payload, e.g. "connection-timeout" or
   * "internal-error(\"no stock\")". The call itself may succeed. */
  void (*refused)(void *user, eng_slice code);
  /* The guest waits for request body: answer with one eng_http_push, at once or later, of at most about `limit`. */
  void (*want)(void *user, const eng_exchange *, size_t limit);
  void (*done)(void *user, const eng_report *); /* the guest is gone, too; null: success */
} eng_http_sink;
/* Copies. An empty chunk that is not the end counts as an answer, too. Trailers go with the end. */
void eng_http_push(const eng_exchange *, eng_slice chunk, bool end, const eng_header *trailers, size_t trailer_count);
void eng_http_credit(const eng_exchange *, size_t bytes); /* as the socket drains */
/* The component's wasi:http/incoming-handler; fails when it has none. Links stay those of the pre-instance. */
eng_http *eng_http_new(const eng_pre *, eng_fail, void *user);
void eng_http_free(eng_http *);
/* Copies the request. */
const eng_task *eng_http_start(const eng_http *, const eng_http_request *, const eng_limits *, const eng_setting *,
                               void *context, eng_exec, eng_http_sink);

/* ---- wasi:http 0.2 outgoing: requests of guests ------------------------------------------------
 * The mirror image: the request's body is pulled (eng_client_want) out of a window, the response's is pushed within a
 * credit that the guest renews by reading. All on the task's thread. */
typedef struct {
  eng_slice method, target;    /* target: path with query, "*" */
  eng_slice scheme, authority; /* "http" or "https"; as the guest set it, not empty, without user information */
  const eng_header *headers;   /* none of the connection, no Host; content-length is what the body will have */
  size_t header_count;
  bool body_ended;             /* it has none; else ask with eng_client_want */
  size_t credit;               /* bytes of response that may come before `credit` */
  uint64_t connect_timeout, first_byte_timeout, between_bytes_timeout; /* ns; 0: the guest set none */
} eng_client_request;
/* None runs on the guest's stack: all come after its poll, or inside eng_client_want (`push` alone). */
typedef struct {
  void *import_user;
  /* A guest sent a request: `context` is that of its call. The client is C++'s until eng_client_free. Answers what the other
   * three get as `user`; they do not come before it has returned. */
  void *(*start)(void *import_user, void *context, const eng_client *, const eng_client_request *);
  /* Answers one eng_client_want: a piece of the body, and with `end` its trailers. */
  void (*push)(void *user, eng_slice chunk, bool end, const eng_header *trailers, size_t trailer_count);
  void (*credit)(void *user, size_t bytes);
  /* The guest has no use for the response any more, or broke its request: nothing else comes, free the client. Not told when
   * its task is freed by C++. */
  void (*cancel)(void *user);
} eng_client_sink;
/* Defines `iface`, a version of wasi:http/outgoing-handler 0.2. */
bool eng_linker_http(eng_linker *, eng_slice iface, eng_client_sink, eng_fail, void *user);
/* Order: head, body*, end; fail instead, at any time before the end. Copied. Also while another guest runs. */
void eng_client_head(const eng_client *, uint16_t status, const eng_header *headers, size_t header_count);
void eng_client_body(const eng_client *, eng_slice chunk); /* within the credit */
void eng_client_end(const eng_client *, const eng_header *trailers, size_t trailer_count);
/* `code`: the WIT name of a wasi:http error-code, "connection-refused"; `detail`: text for those codes that carry some. */
void eng_client_fail(const eng_client *, eng_slice code, eng_slice detail);
void eng_client_want(const eng_client *, size_t limit);
/* No callback comes any more, and none of the above may. Without an end or a failure the response is incomplete. */
void eng_client_free(const eng_client *);

/* ---- values as text (WAVE) -------------------------------------------------------------------
 * Of a function that the component exports or imports (exports are searched first); `iface` empty for a bare one. Parameters
 * are a tuple, "(1, \"two\")", also when there is one or none; a result is its value, empty text when there is none. */
typedef enum { ENG_PARAMS = 0, ENG_RESULT = 1 } eng_side;
/* The image is untrusted: checked in full. */
bool eng_wave_print(const eng_component *, eng_slice iface, eng_slice name, eng_side, eng_slice image, eng_text,
                    void *text_user, eng_fail, void *user);
/* `*image` is owned by the caller, set on success only. Errors name line and column. */
bool eng_wave_parse(const eng_component *, eng_slice iface, eng_slice name, eng_side, eng_slice text, eng_image *image,
                    eng_fail, void *user);

#ifdef __cplusplus
}
#endif
