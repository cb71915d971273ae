// The web client's files, embedded as they are. A new file needs its bytes below and a row in the table; a test
// compares the table with the folder.

#include "CWebClient.h"

static const unsigned char api_js[] = {
#embed "web/api.js"
};
static const unsigned char call_css[] = {
#embed "web/call.css"
};
static const unsigned char call_js[] = {
#embed "web/call.js"
};
static const unsigned char connection_js[] = {
#embed "web/connection.js"
};
static const unsigned char datapackets_js[] = {
#embed "web/datapackets.js"
};
static const unsigned char emitter_js[] = {
#embed "web/emitter.js"
};
static const unsigned char icon_svg[] = {
#embed "web/icon.svg"
};
static const unsigned char index_html[] = {
#embed "web/index.html"
};
static const unsigned char level_js[] = {
#embed "web/level.js"
};
static const unsigned char link_js[] = {
#embed "web/link.js"
};
static const unsigned char main_js[] = {
#embed "web/main.js"
};
static const unsigned char media_js[] = {
#embed "web/media.js"
};
static const unsigned char meshcall_js[] = {
#embed "web/meshcall.js"
};
static const unsigned char names_js[] = {
#embed "web/names.js"
};
static const unsigned char peer_js[] = {
#embed "web/peer.js"
};
static const unsigned char preferences_js[] = {
#embed "web/preferences.js"
};
static const unsigned char protobuf_js[] = {
#embed "web/protobuf.js"
};
static const unsigned char publisher_js[] = {
#embed "web/publisher.js"
};
static const unsigned char rtcsignalling_js[] = {
#embed "web/rtcsignalling.js"
};
static const unsigned char servercall_js[] = {
#embed "web/servercall.js"
};
static const unsigned char signalling_js[] = {
#embed "web/signalling.js"
};
static const unsigned char statistics_js[] = {
#embed "web/statistics.js"
};
static const unsigned char style_css[] = {
#embed "web/style.css"
};
static const unsigned char viewport_js[] = {
#embed "web/viewport.js"
};
static const unsigned char ui_callscreen_js[] = {
#embed "web/ui/callscreen.js"
};
static const unsigned char ui_chat_js[] = {
#embed "web/ui/chat.js"
};
static const unsigned char ui_devices_js[] = {
#embed "web/ui/devices.js"
};
static const unsigned char ui_dialogs_js[] = {
#embed "web/ui/dialogs.js"
};
static const unsigned char ui_dom_js[] = {
#embed "web/ui/dom.js"
};
static const unsigned char ui_end_js[] = {
#embed "web/ui/end.js"
};
static const unsigned char ui_icons_js[] = {
#embed "web/ui/icons.js"
};
static const unsigned char ui_keys_js[] = {
#embed "web/ui/keys.js"
};
static const unsigned char ui_lobby_js[] = {
#embed "web/ui/lobby.js"
};
static const unsigned char ui_notices_js[] = {
#embed "web/ui/notices.js"
};
static const unsigned char ui_people_js[] = {
#embed "web/ui/people.js"
};
static const unsigned char ui_screen_js[] = {
#embed "web/ui/screen.js"
};
static const unsigned char ui_stage_js[] = {
#embed "web/ui/stage.js"
};
static const unsigned char ui_start_js[] = {
#embed "web/ui/start.js"
};
static const unsigned char ui_tile_js[] = {
#embed "web/ui/tile.js"
};
static const unsigned char ui_toggles_js[] = {
#embed "web/ui/toggles.js"
};
static const unsigned char ui_toolbar_js[] = {
#embed "web/ui/toolbar.js"
};

#define TEXT_HTML "text/html; charset=utf-8"
#define TEXT_CSS "text/css; charset=utf-8"
#define JAVASCRIPT "text/javascript; charset=utf-8"
#define SVG "image/svg+xml"

#define FILE(path, type, bytes) {path, type, bytes, sizeof bytes}

const confab_web_file confab_web_files[] = {
    FILE("api.js", JAVASCRIPT, api_js),
    FILE("call.css", TEXT_CSS, call_css),
    FILE("call.js", JAVASCRIPT, call_js),
    FILE("connection.js", JAVASCRIPT, connection_js),
    FILE("datapackets.js", JAVASCRIPT, datapackets_js),
    FILE("emitter.js", JAVASCRIPT, emitter_js),
    FILE("icon.svg", SVG, icon_svg),
    FILE("index.html", TEXT_HTML, index_html),
    FILE("level.js", JAVASCRIPT, level_js),
    FILE("link.js", JAVASCRIPT, link_js),
    FILE("main.js", JAVASCRIPT, main_js),
    FILE("media.js", JAVASCRIPT, media_js),
    FILE("meshcall.js", JAVASCRIPT, meshcall_js),
    FILE("names.js", JAVASCRIPT, names_js),
    FILE("peer.js", JAVASCRIPT, peer_js),
    FILE("preferences.js", JAVASCRIPT, preferences_js),
    FILE("protobuf.js", JAVASCRIPT, protobuf_js),
    FILE("publisher.js", JAVASCRIPT, publisher_js),
    FILE("rtcsignalling.js", JAVASCRIPT, rtcsignalling_js),
    FILE("servercall.js", JAVASCRIPT, servercall_js),
    FILE("signalling.js", JAVASCRIPT, signalling_js),
    FILE("statistics.js", JAVASCRIPT, statistics_js),
    FILE("style.css", TEXT_CSS, style_css),
    FILE("viewport.js", JAVASCRIPT, viewport_js),
    FILE("ui/callscreen.js", JAVASCRIPT, ui_callscreen_js),
    FILE("ui/chat.js", JAVASCRIPT, ui_chat_js),
    FILE("ui/devices.js", JAVASCRIPT, ui_devices_js),
    FILE("ui/dialogs.js", JAVASCRIPT, ui_dialogs_js),
    FILE("ui/dom.js", JAVASCRIPT, ui_dom_js),
    FILE("ui/end.js", JAVASCRIPT, ui_end_js),
    FILE("ui/icons.js", JAVASCRIPT, ui_icons_js),
    FILE("ui/keys.js", JAVASCRIPT, ui_keys_js),
    FILE("ui/lobby.js", JAVASCRIPT, ui_lobby_js),
    FILE("ui/notices.js", JAVASCRIPT, ui_notices_js),
    FILE("ui/people.js", JAVASCRIPT, ui_people_js),
    FILE("ui/screen.js", JAVASCRIPT, ui_screen_js),
    FILE("ui/stage.js", JAVASCRIPT, ui_stage_js),
    FILE("ui/start.js", JAVASCRIPT, ui_start_js),
    FILE("ui/tile.js", JAVASCRIPT, ui_tile_js),
    FILE("ui/toggles.js", JAVASCRIPT, ui_toggles_js),
    FILE("ui/toolbar.js", JAVASCRIPT, ui_toolbar_js),
};

const size_t confab_web_file_count = sizeof confab_web_files / sizeof confab_web_files[0];
