#pragma once
// Only the table below says what may be null; GLib's headers say it nowhere.
#pragma clang diagnostic ignored "-Wnullability-completeness"
#include <nice/agent.h>

// Only the table says which of its pointers are never null; what libnice itself says nothing of stays as it is.
#pragma clang diagnostic ignored "-Wnullability-completeness"

// Of nice/interfaces.h, which cannot be included without pkg-config's flags.
GList *nice_interfaces_get_local_ips(gboolean include_loopback);

// libnice brings some thirty libraries with it (UPnP, HTTP, XML, Kerberos, …) whose loading takes longer than all else
// that confab does when it starts. So it is loaded by the first call instead, and its functions are reached by a table.

// Each function that is used, without its prefix `nice_`.
#define CONFAB_NICE_FUNCTIONS(each) \
    each(address_init) \
    each(address_set_from_string) \
    each(address_to_string) \
    each(agent_add_local_address) \
    each(agent_add_stream) \
    each(agent_attach_recv) \
    each(agent_close_async) \
    each(agent_gather_candidates) \
    each(agent_generate_local_candidate_sdp) \
    each(agent_get_local_credentials) \
    each(agent_get_selected_pair) \
    each(agent_new_full) \
    each(agent_parse_remote_candidate_sdp) \
    each(agent_peer_candidate_gathering_done) \
    each(agent_send) \
    each(agent_set_local_credentials) \
    each(agent_set_relay_info) \
    each(agent_set_remote_candidates) \
    each(agent_set_remote_credentials) \
    each(candidate_free) \
    each(interfaces_get_local_ips)

struct confab_nice {
#define CONFAB_NICE_POINTER(name) __typeof__(nice_##name) *_Nonnull name;
    CONFAB_NICE_FUNCTIONS(CONFAB_NICE_POINTER)
#undef CONFAB_NICE_POINTER
};

/// The table, loading libnice where nobody has yet; any thread may ask. Null where that fails.
const struct confab_nice *_Nullable confab_nice_load(void);

// GObject's properties and signals are variadic or macros; these give them fixed types.

static inline void confab_nice_set_bool(NiceAgent *agent, const char *name, gboolean value) {
    g_object_set(G_OBJECT(agent), name, value, NULL);
}

static inline void confab_nice_set_uint(NiceAgent *agent, const char *name, guint value) {
    g_object_set(G_OBJECT(agent), name, value, NULL);
}

static inline void confab_nice_set_string(NiceAgent *agent, const char *name, const char *value) {
    g_object_set(G_OBJECT(agent), name, value, NULL);
}

typedef void (*confab_nice_candidate_fn)(NiceAgent *, NiceCandidate *, gpointer);
typedef void (*confab_nice_gathered_fn)(NiceAgent *, guint stream, gpointer);
typedef void (*confab_nice_state_fn)(NiceAgent *, guint stream, guint component, guint state, gpointer);

static inline void confab_nice_connect(
    NiceAgent *agent, confab_nice_candidate_fn candidate, confab_nice_gathered_fn gathered, confab_nice_state_fn state,
    gpointer data) {
    g_signal_connect(agent, "new-candidate-full", G_CALLBACK(candidate), data);
    g_signal_connect(agent, "candidate-gathering-done", G_CALLBACK(gathered), data);
    g_signal_connect(agent, "component-state-changed", G_CALLBACK(state), data);
}

static inline void confab_nice_disconnect(NiceAgent *agent, gpointer data) {
    g_signal_handlers_disconnect_matched(agent, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, data);
}

static inline void confab_nice_unref(NiceAgent *agent) { g_object_unref(agent); }

// Gives relayed addresses back to their servers (RFC 8656 §7.3), then the agent.
void confab_nice_close(NiceAgent *agent);

static inline void confab_free_strings(GList *list) { g_list_free_full(list, g_free); }
