#!/usr/bin/env python3
"""rtcload.py - light WebRTC publisher / subscriber load client (ICE + DTLS-SRTP by libdatachannel, no codecs).

Signalling is pluggable:  --sig janus  (VideoRoom over WebSocket)   or   --sig whip  (WHIP RFC 9725 / WHEP over HTTP)

  pub    publish 1 VP8 video + 1 Opus audio from a pre-encoded loop (packets stay decodable by browsers)
  sub    subscribe N times, count RTP packets/bytes/frames, loss, latency, join time; samples the server's CPU and RSS
  sink   a tiny WHIP server that only counts (baseline without an SFU, and a test target for `pub`)

Latency stamp: every Opus packet (in code-3 padding) and the last packet of every video frame (after the frame's
data, ignored by VP8 decoders) ends in  b'SfU1' + u64 CLOCK_MONOTONIC ns + u32 counter (16 bytes, big endian).
Publisher and subscribers must run on the same host.
"""
import argparse, asyncio, json, os, random, struct, sys, threading, time, statistics, secrets
from array import array
import aiohttp
import libdatachannel as ldc
from libdatachannel import Description, PeerConnection, Configuration

MAGIC = b'SfU1'
VPT, APT = 96, 111
mono = time.monotonic_ns

# ----------------------------------------------------------------------------------------------- media
def load_ivf(path):
    d = open(path, 'rb').read(); hl = struct.unpack_from('<H', d, 6)[0]; o = hl; out = []
    while o + 12 <= len(d):
        n = struct.unpack_from('<I', d, o)[0]; out.append(d[o+12:o+12+n]); o += 12 + n
    return out

def load_ogg_opus(path):
    d = open(path, 'rb').read(); o = 0; pk = []; cur = b''
    while o + 27 <= len(d):
        assert d[o:o+4] == b'OggS'
        ns = d[o+26]; lac = d[o+27:o+27+ns]; p = o + 27 + ns
        for l in lac:
            cur += d[p:p+l]; p += l
            if l < 255: pk.append(cur); cur = b''
        o = p
    return [p for p in pk if not p.startswith(b'Opus')]

def opus_padded(p, stamp):
    """code-0 Opus packet -> code-3, 1 frame, CBR, with len(stamp) padding bytes at the end (RFC 6716 3.2.5)."""
    if p[0] & 3: return p
    return bytes([p[0] | 3, 0x41, len(stamp)]) + p[1:] + stamp

# ----------------------------------------------------------------------------------------------- helpers
def cert():
    d = os.environ.get('MEASURE_WORK', os.path.join(os.environ.get('XDG_CACHE_HOME', os.path.expanduser('~/.cache')), 'confab-bench-sfu')); c, k = d + '/load.crt', d + '/load.key'
    if not os.path.exists(c):
        import subprocess
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650', '-subj', '/CN=rtcload', '-keyout', k, '-out', c], check=True, capture_output=True)
    return c, k

def new_pc(a):
    c = Configuration()
    c.disable_auto_negotiation = True
    # The binding keeps the GIL inside its calls, so nothing we call may wait for a worker thread that waits for the GIL:
    # a certificate from a file (otherwise made on a worker), states polled instead of called back.
    c.certificate_pem_file, c.key_pem_file = cert()
    if a.bind: c.bind_address = a.bind
    if a.turn:                                   # host:port:user:pass[:udp|tcp]
        h, p, u, w, *t = a.turn.split(':')
        rt = ldc.IceServer.RelayType.TurnTcp if t and t[0] == 'tcp' else ldc.IceServer.RelayType.TurnUdp
        c.ice_servers = [ldc.IceServer(h, int(p), u, w, rt)]
        if a.relay: c.ice_transport_policy = ldc.TransportPolicy.Relay
    return PeerConnection(c)

async def gather(pc, timeout=10):
    end = time.monotonic() + timeout
    while pc.gathering_state() != PeerConnection.GatheringState.Complete:
        if time.monotonic() > end: raise RuntimeError('ICE gathering timed out')
        await asyncio.sleep(.001)
    return str(pc.local_description())

async def wait_connected(pc, timeout=20):
    end = time.monotonic() + timeout; S = PeerConnection.State
    while True:
        s = pc.state()
        if s == S.Connected: return mono()
        if s in (S.Failed, S.Closed) or time.monotonic() > end: raise RuntimeError('ICE/DTLS ' + str(s))
        await asyncio.sleep(.001)

def proc_sample(pid):
    """(cpu seconds, rss kB, pss kB, threads) of a process."""
    s = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()
    hz = os.sysconf('SC_CLK_TCK'); rss = thr = pss = 0
    for l in open(f'/proc/{pid}/status'):
        if l.startswith('VmRSS'): rss = int(l.split()[1])
        if l.startswith('Threads'): thr = int(l.split()[1])
    try:
        for l in open(f'/proc/{pid}/smaps_rollup'):
            if l.startswith('Pss:'): pss = int(l.split()[1])
    except OSError: pass
    return (int(s[11]) + int(s[12])) / hz, rss, pss, thr, int(s[11]) / hz, int(s[12]) / hz

def tree_sample(pid):
    """Sum over the process and its descendants."""
    kids = {}
    for p in os.listdir('/proc'):
        if p.isdigit():
            try: kids.setdefault(int(open(f'/proc/{p}/stat').read().rsplit(')', 1)[1].split()[1]), []).append(int(p))
            except OSError: pass
    tot = [0.0, 0, 0, 0, 0.0, 0.0]; todo = [pid]
    while todo:
        q = todo.pop(); todo += kids.get(q, [])
        try: tot = [x + y for x, y in zip(tot, proc_sample(q))]
        except OSError: pass
    return tot

def host_cpu():
    f = open('/proc/stat').readline().split()[1:]; return [int(x) for x in f]

def pct(v, p):
    if not len(v): return None
    v = sorted(v); return v[min(len(v) - 1, int(round(p / 100 * (len(v) - 1))))]

# ----------------------------------------------------------------------------------------------- Janus VideoRoom
class Janus:
    """One WebSocket, one session, many handles."""
    def __init__(self, url, room): self.url, self.room, self.tr, self.ev = url, room, {}, {}
    async def open(self):
        self.s = aiohttp.ClientSession()
        self.ws = await self.s.ws_connect(self.url, protocols=('janus-protocol',), max_msg_size=0)
        self.rx = asyncio.ensure_future(self._rx())
        self.sid = (await self.req({'janus': 'create'}))['data']['id']
        self.ka = asyncio.ensure_future(self._keep())
    async def _keep(self):
        while True:
            await asyncio.sleep(20); await self.ws.send_json({'janus': 'keepalive', 'session_id': self.sid, 'transaction': 'ka'})
    async def _rx(self):
        async for m in self.ws:
            if m.type != aiohttp.WSMsgType.TEXT: break
            j = json.loads(m.data); t = j.get('transaction')
            if j['janus'] == 'ack' or t == 'ka': continue
            if t in self.tr and not self.tr[t].done(): self.tr.pop(t).set_result(j)
            elif 'sender' in j and j['janus'] == 'event': self.ev.setdefault(j['sender'], asyncio.Queue()).put_nowait(j)
    async def req(self, j, timeout=30):
        t = secrets.token_hex(6); j['transaction'] = t
        if hasattr(self, 'sid'): j['session_id'] = self.sid
        f = self.tr[t] = asyncio.get_running_loop().create_future()
        await self.ws.send_json(j)
        r = await asyncio.wait_for(f, timeout)
        if r['janus'] == 'error': raise RuntimeError(r['error'])
        return r
    async def attach(self): return (await self.req({'janus': 'attach', 'plugin': 'janus.plugin.videoroom'}))['data']['id']
    async def msg(self, h, body, jsep=None):
        m = {'janus': 'message', 'handle_id': h, 'body': body}
        if jsep: m['jsep'] = jsep
        r = await self.req(m)
        d = r.get('plugindata', {}).get('data', {})
        if 'error' in d: raise RuntimeError(d)
        return d, r.get('jsep')
    async def feeds(self):
        h = await self.attach()
        d, _ = await self.msg(h, {'request': 'listparticipants', 'room': self.room})
        return [p['id'] for p in d['participants'] if p.get('publisher')]
    async def close(self):
        self.ka.cancel(); await self.ws.close(); await self.s.close()

# ----------------------------------------------------------------------------------------------- publisher
class Publisher:
    def __init__(self, a, idx=0):
        self.a, self.idx = a, idx
        self.vssrc, self.assrc = random.getrandbits(31) | 1, random.getrandbits(31) | 1
        self.frames, self.opus = load_ivf(a.video), load_ogg_opus(a.audio)
        self.pli = self.nack = self.rtcp = 0; self.want_kf = False; self.last_kf = 0
        self.vpk = self.apk = self.vby = self.aby = 0; self.stop = False

    def on_rtcp(self, m):
        """PLI/FIR from the server -> restart the loop at its keyframe."""
        if isinstance(m, str) or len(m) < 8: return
        o = 0
        while o + 8 <= len(m):
            pt, fmt, ln = m[o+1], m[o] & 31, 4 * (struct.unpack_from('>H', m, o+2)[0] + 1)
            if not 192 <= pt <= 223: return
            self.rtcp += 1
            if pt == 206 and fmt in (1, 4): self.pli += 1; self.want_kf = True
            if pt == 205 and fmt == 1: self.nack += 1
            o += ln

    async def negotiate(self, loop):
        a = self.a; pc = self.pc = new_pc(a)
        v = Description.Video('0', Description.Direction.SendOnly); v.add_vp8_codec(VPT)
        v.add_ssrc(self.vssrc, 'rtcload', 'load', 'v0')
        u = Description.Audio('1', Description.Direction.SendOnly); u.add_opus_codec(APT)
        u.add_ssrc(self.assrc, 'rtcload', 'load', 'a0')
        self.vt, self.at = pc.add_track(v), pc.add_track(u)
        self.vt.on_message(self.on_rtcp); self.at.on_message(lambda m: None)
        t0 = mono()
        pc.set_local_description(Description.Type.Offer)
        offer = await gather(pc)
        if a.dump: print(offer, file=sys.stderr)
        if a.sig == 'janus':
            j = self.j = Janus(a.url, a.room); await j.open()
            h = await j.attach()
            d, _ = await j.msg(h, {'request': 'join', 'ptype': 'publisher', 'room': a.room, 'display': f'load{self.idx}'})
            self.feed = d['id']
            d, js = await j.msg(h, {'request': 'configure', 'audio': True, 'video': True,
                                    'audiocodec': 'opus', 'videocodec': 'vp8'}, {'type': 'offer', 'sdp': offer})
            ans = js['sdp']
        else:
            self.http = aiohttp.ClientSession(); url = a.url.replace('%d', str(self.idx))
            hd = {'Content-Type': 'application/sdp'}
            if a.token: hd['Authorization'] = 'Bearer ' + a.token
            async with self.http.post(url, data=offer, headers=hd) as r:
                ans = await r.text()
                if r.status != 201: raise RuntimeError(f'WHIP {r.status} {ans[:200]}')
                loc = r.headers.get('Location')
                from urllib.parse import urljoin
                self.res = urljoin(url, loc) if loc else None
        if a.dump: print(ans, file=sys.stderr)
        pc.set_remote_description(Description(ans, Description.Type.Answer))
        t1 = await wait_connected(pc)
        while not (self.vt.is_open() and self.at.is_open()): await asyncio.sleep(.005)
        self.t_connect = (t1 - t0) / 1e6

    def rtp(self, pt, m, seq, ts, ssrc, payload):
        return struct.pack('>BBHII', 0x80, (m << 7) | pt, seq & 0xffff, ts & 0xffffffff, ssrc) + payload

    def sr(self, ssrc, ts, n, by):
        now = time.time() + 2208988800
        return struct.pack('>BBHIIIIII', 0x80, 200, 6, ssrc, int(now), int((now % 1) * 2**32), ts & 0xffffffff, n & 0xffffffff, by & 0xffffffff)

    def run(self):
        fps, a = self.a.fps, self.a
        vseq, aseq = random.getrandbits(15), random.getrandbits(15)
        vts0, ats0 = random.getrandbits(31), random.getrandbits(31)
        t0 = time.monotonic(); nv = na = 0; fi = 0; pid = random.getrandbits(14); cnt = 0; next_sr = t0 + .2
        while not self.stop:
            now = time.monotonic()
            tv, ta = t0 + nv / fps, t0 + na * .02
            nxt = min(tv, ta)
            if nxt > now: time.sleep(nxt - now)
            if ta <= tv:
                cnt += 1
                p = opus_padded(self.opus[na % len(self.opus)], MAGIC + struct.pack('>QI', mono(), cnt & 0xffffffff))
                self.at.send(self.rtp(APT, 1 if na == 0 else 0, aseq, ats0 + na * 960, self.assrc, p))
                aseq += 1; na += 1; self.apk += 1; self.aby += len(p)
            else:
                if self.want_kf and now - self.last_kf > .3:
                    self.want_kf = False; self.last_kf = now; fi = 0
                f = self.frames[fi % len(self.frames)]
                if fi % len(self.frames) == 0: self.last_kf = now
                fi += 1; pid = (pid + 1) & 0x7fff; mx = a.mtu - 4
                ch = [f[i:i+mx] for i in range(0, len(f), mx)]
                if len(ch[-1]) + 16 > mx: ch.append(b'')        # keep the stamp inside the MTU
                for k, c in enumerate(ch):
                    last = k == len(ch) - 1
                    d = bytes([0x90 if k == 0 else 0x80, 0x80, 0x80 | pid >> 8, pid & 255]) + c
                    if last: cnt += 1; d += MAGIC + struct.pack('>QI', mono(), cnt & 0xffffffff)
                    self.vt.send(self.rtp(VPT, int(last), vseq, vts0 + nv * 90000 // fps, self.vssrc, d))
                    vseq += 1; self.vpk += 1; self.vby += len(d)
                nv += 1
            if now > next_sr:
                next_sr = now + 1
                self.vt.send(self.sr(self.vssrc, vts0 + nv * 90000 // fps, self.vpk, self.vby))
                self.at.send(self.sr(self.assrc, ats0 + na * 960, self.apk, self.aby))

async def main_pub(a):
    loop = asyncio.get_running_loop(); pubs = []
    for i in range(a.count):
        p = Publisher(a, i); await p.negotiate(loop); pubs.append(p)
        threading.Thread(target=p.run, daemon=True).start()
        print(json.dumps({'published': i, 'feed': getattr(p, 'feed', None), 'connect_ms': round(p.t_connect, 1)}), flush=True)
    t0 = time.monotonic()
    try:
        while time.monotonic() - t0 < a.duration and not (a.stopfile and os.path.exists(a.stopfile)):
            await asyncio.sleep(.25)
    finally:
        dt = time.monotonic() - t0
        for p in pubs:
            p.stop = True
            print(json.dumps({'secs': round(dt, 1), 'video_pkts': p.vpk, 'audio_pkts': p.apk, 'video_kbps': round(p.vby * 8 / dt / 1e3),
                  'audio_kbps': round(p.aby * 8 / dt / 1e3), 'pli': p.pli, 'nack': p.nack, 'rtcp_in': p.rtcp}), flush=True)
            if a.sig == 'whip':
                try:
                    if p.res: await p.http.delete(p.res)
                finally: await p.http.close()
        os._exit(0)

# ----------------------------------------------------------------------------------------------- subscriber
MEASURE = [False]
class Flow:
    __slots__ = ('n', 'by', 'first', 'base', 'ext', 'frames', 'kf', 'dup', 'n0', 'ext0', 'by0', 'fr0', 'seen')
    def __init__(self): self.n = self.by = self.frames = self.kf = self.dup = 0; self.first = 0; self.base = None; self.ext = 0

class Sub:
    def __init__(self, a, i): self.a, self.i, self.flows, self.lat, self.err = a, i, {}, array('d'), None; self.first = self.firstkf = 0; self.tracks = []
    def on_msg(self, m):
        if isinstance(m, str) or len(m) < 12: return
        now = mono(); b1 = m[1]
        if 192 <= b1 <= 223: return
        ssrc = m[8:12]; f = self.flows.get(ssrc)
        if f is None: f = self.flows[ssrc] = Flow(); f.first = now
        if not self.first: self.first = now
        seq = m[2] << 8 | m[3]
        if f.base is None: f.base = f.ext = seq
        else:
            d = (seq - f.ext) & 0xffff
            if d < 0x8000: f.ext += d
        f.n += 1; f.by += len(m)
        if b1 == 0x80 | VPT: f.frames += 1
        if m[-16:-12] == MAGIC:
            if MEASURE[0]: self.lat.append((now - int.from_bytes(m[-12:-4], 'big')) / 1e6)
        if not self.firstkf and len(m) > 300:
            # VP8 keyframe start: S bit, partition 0, P bit of the frame header clear
            o = 12 + 4 * (m[0] & 15)
            if m[0] & 0x10: o += 4 + 4 * (m[o+2] << 8 | m[o+3])
            d0 = m[o]
            if d0 & 0x17 == 0x10:
                q = o + 1
                if d0 & 0x80:
                    x = m[q]; q += 1
                    if x & 0x80: q += 2 if m[q] & 0x80 else 1
                    if x & 0x40: q += 1
                    if x & 0x30: q += 1
                if q + 6 < len(m) and not m[q] & 1 and m[q+3:q+6] == b'\x9d\x01\x2a': self.firstkf = now

    def on_track(self, t): self.tracks.append(t); t.on_message(self.on_msg)

    async def join(self, loop, j, feeds):
        a = self.a; self.t0 = mono()
        if a.sig == 'janus':
            h = await j.attach()
            d, js = await j.msg(h, {'request': 'join', 'ptype': 'subscriber', 'room': a.room, 'streams': [{'feed': f} for f in feeds]})
            self.t_sdp = mono()
            pc = self.pc = new_pc(a)
            pc.on_track(self.on_track)
            if a.dump and not self.i: print(js['sdp'], file=sys.stderr)
            o = js['sdp'].replace('a=setup:actpass', 'a=setup:active') if a.dtls == 'server' else js['sdp']
            pc.set_remote_description(Description(o, Description.Type.Offer))
            pc.set_local_description(Description.Type.Answer)
            ans = await gather(pc)
            if a.dump and not self.i: print(ans, file=sys.stderr)
            await j.msg(h, {'request': 'start', 'room': a.room}, {'type': 'answer', 'sdp': ans})
        else:
            pc = self.pc = new_pc(a)
            v = Description.Video('0', Description.Direction.RecvOnly); v.add_vp8_codec(VPT)
            u = Description.Audio('1', Description.Direction.RecvOnly); u.add_opus_codec(APT)
            for x in (v, u): self.on_track(pc.add_track(x))
            pc.set_local_description(Description.Type.Offer)
            offer = await gather(pc)
            if a.dtls == 'server': offer = offer.replace('a=setup:actpass', 'a=setup:passive')
            url = a.url.replace('%d', str(self.i))
            from urllib.parse import urljoin
            hd = {'Content-Type': 'application/sdp'}
            if a.token: hd['Authorization'] = 'Bearer ' + a.token
            async with a.http.post(url, data=offer, headers=hd) as r:
                ans = await r.text(); self.t_sdp = mono()
                if r.status != 201: raise RuntimeError(f'WHEP {r.status} {ans[:200]}')
                loc = r.headers.get('Location'); self.res = urljoin(url, loc) if loc else None
            if a.dump and not self.i: print(offer, ans, file=sys.stderr)
            pc.set_remote_description(Description(ans, Description.Type.Answer))
        self.t_conn = await wait_connected(pc)
        end = time.monotonic() + 10
        while not self.firstkf and time.monotonic() < end: await asyncio.sleep(.01)

async def main_sub(a):
    loop = asyncio.get_running_loop(); j = None; feeds = None
    if a.sig == 'janus':
        j = Janus(a.url, a.room); await j.open()
        feeds = a.feed or (await j.feeds())
        if not feeds: sys.exit('no publisher in the room')
    else: a.http = aiohttp.ClientSession()
    samp = (tree_sample if a.tree else proc_sample) if a.server_pid else (lambda p: (0, 0, 0, 0, 0, 0))
    await asyncio.sleep(a.pre)
    s_idle0 = samp(a.server_pid); await asyncio.sleep(1 if a.server_pid else 0); s_before = samp(a.server_pid)
    subs = [Sub(a, i) for i in range(a.n)]; tasks = []; tj = mono()
    async def one(s):
        try: await s.join(loop, j, feeds)
        except Exception as e: s.err = f'{type(e).__name__}: {e}'
    if a.ramp < 0:
        for s in subs: await one(s)
    else:
        for s in subs: tasks.append(asyncio.ensure_future(one(s))); await asyncio.sleep(a.ramp)
        await asyncio.gather(*tasks)
    tj = (mono() - tj) / 1e9; s_join = samp(a.server_pid)
    await asyncio.sleep(a.settle)
    ok = [s for s in subs if not s.err and s.first]
    h0, w0, c0 = host_cpu(), mono(), samp(a.server_pid); me0 = proc_sample(os.getpid())
    for s in ok:
        for f in s.flows.values(): f.n0, f.ext0, f.by0, f.fr0 = f.n, f.ext, f.by, f.frames
    MEASURE[0] = True
    await asyncio.sleep(a.duration)
    MEASURE[0] = False
    for s in ok: s.snap = [(f.n - f.n0, f.ext - f.ext0, f.by - f.by0, f.frames - f.fr0) for f in s.flows.values() if hasattr(f, 'n0')]
    h1, w1, c1 = host_cpu(), mono(), samp(a.server_pid); me1 = proc_sample(os.getpid())
    T = (w1 - w0) / 1e9
    pk = sum(x[0] for s in ok for x in s.snap); ex = sum(x[1] for s in ok for x in s.snap); by = sum(x[2] for s in ok for x in s.snap)
    lat = [x for s in ok for x in s.lat]
    per = [statistics.median(s.lat) for s in ok if len(s.lat)]
    jt = [(s.first - s.t0) / 1e6 for s in ok]; jk = [(s.firstkf - s.t0) / 1e6 for s in ok if s.firstkf]
    hd = [y - x for x, y in zip(h0, h1)]; ht = sum(hd[:8]) or 1
    r = {'n': a.n, 'ok': len(ok), 'errors': [s.err for s in subs if s.err][:5], 'secs': round(T, 2),
         'pkts': pk, 'pps': round(pk / T), 'mbps': round(by * 8 / T / 1e6, 2), 'frames_per_sub_s': round(sum(x[3] for s in ok for x in s.snap) / T / max(1, len(ok)), 1),
         'loss_pct': round(100 * (1 - pk / ex), 4) if ex else None,
         'latency_ms': {'n': len(lat), 'min': pct(lat, 0), 'p50': pct(lat, 50), 'p90': pct(lat, 90), 'p99': pct(lat, 99), 'max': pct(lat, 100),
                        'worst_sub_p50': max(per) if per else None},
         'join_ms': {'first_rtp_p50': pct(jt, 50), 'first_rtp_p95': pct(jt, 95), 'first_keyframe_p50': pct(jk, 50), 'first_keyframe_p95': pct(jk, 95), 'no_keyframe': len(ok) - len(jk),
                     'sdp_p50': pct([(s.t_sdp - s.t0) / 1e6 for s in ok], 50), 'connected_p50': pct([(s.t_conn - s.t0) / 1e6 for s in ok], 50)},
         'server': None, 'client_cpu_cores': round((me1[0] - me0[0]) / T, 3),
         'host': {'busy_pct': round(100 * (1 - (hd[3] + hd[4]) / ht), 1), 'steal_pct': round(100 * hd[7] / ht, 2), 'load1': os.getloadavg()[0]}}
    if a.server_pid:
        cpu = c1[0] - c0[0]
        r['server'] = {'cpu_s': round(cpu, 3), 'user_s': round(c1[4] - c0[4], 3), 'sys_s': round(c1[5] - c0[5], 3), 'cores': round(cpu / T, 4),
            'cpu_ms_per_1000_pkts': round(1e6 * cpu / pk, 3) if pk else None,
            'rss_mb_before': round(s_before[1] / 1024, 2), 'rss_mb': round(c1[1] / 1024, 2), 'pss_mb': round(c1[2] / 1024, 2),
            'rss_kb_per_sub': round((c1[1] - s_before[1]) / max(1, len(ok))), 'threads': c1[3],
            'cores_before_subs': round(s_before[0] - s_idle0[0], 3), 'join_cpu_s': round(s_join[0] - s_before[0], 3), 'join_wall_s': round(tj, 2)}
    for k in ('latency_ms', 'join_ms'): r[k] = {x: (round(y, 3) if isinstance(y, float) else y) for x, y in r[k].items()}
    r['label'] = a.label
    print(json.dumps(r), flush=True)
    if a.json: open(a.json, 'a').write(json.dumps(r) + '\n')
    if a.sig == 'whip':
        for s in subs:
            try:
                if getattr(s, 'res', None): await a.http.delete(s.res)
            except Exception: pass
        await a.http.close()
    sys.stdout.flush(); os._exit(0 if len(ok) == a.n else 1)

# ----------------------------------------------------------------------------------------------- baseline sink
async def main_sink(a):
    """WHIP server that only counts: `pub --sig whip` -> sink. Latency here is the floor of the measuring client itself."""
    from aiohttp import web
    loop = asyncio.get_running_loop(); subs = []
    async def whip(req):
        s = Sub(a, len(subs)); s.t0 = mono(); pc = s.pc = new_pc(a); pc.on_track(s.on_track); subs.append(s)
        pc.set_remote_description(Description(await req.text(), Description.Type.Offer))
        pc.set_local_description(Description.Type.Answer)
        ans = await gather(pc)
        return web.Response(status=201, text=ans, content_type='application/sdp', headers={'Location': f'/whip/{s.i}'})
    async def dele(req): return web.Response(status=200)
    app = web.Application(); app.router.add_post('/whip', whip); app.router.add_delete('/whip/{i}', dele)
    run = web.AppRunner(app); await run.setup(); await web.TCPSite(run, a.host, a.port).start()
    print(f'sink on http://{a.host}:{a.port}/whip', flush=True)
    while len([s for s in subs if s.first]) < a.n: await asyncio.sleep(.1)
    await asyncio.sleep(a.settle); MEASURE[0] = True; await asyncio.sleep(a.duration); MEASURE[0] = False
    lat = [x for s in subs for x in s.lat]
    print(json.dumps({'baseline': True, 'n': len(subs), 'latency_ms': {k: round(pct(lat, p), 3) for k, p in (('p50', 50), ('p90', 90), ('p99', 99), ('max', 100))} if lat else None,
                      'pkts': sum(f.n for s in subs for f in s.flows.values()), 'keyframe_ms': round((subs[0].firstkf - subs[0].t0) / 1e6, 1) if subs[0].firstkf else None}), flush=True)
    os._exit(0)

def main():
    W = os.environ.get('MEASURE_WORK', os.path.join(os.environ.get('XDG_CACHE_HOME', os.path.expanduser('~/.cache')), 'confab-bench-sfu'))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter); sp = ap.add_subparsers(dest='cmd', required=True)
    def common(p):
        p.add_argument('--sig', choices=('janus', 'whip'), default='whip'); p.add_argument('--url', default='ws://127.0.0.1:8188')
        p.add_argument('--room', type=int, default=1234); p.add_argument('--bind', default=None, help='local address for ICE (127.0.0.1 for a loopback-only server)')
        p.add_argument('--token'); p.add_argument('--duration', type=float, default=30); p.add_argument('--dump', action='store_true', help='print the SDP')
        p.add_argument('--turn', help='host:port:user:pass[:udp|tcp]'); p.add_argument('--relay', action='store_true')
    p = sp.add_parser('pub'); common(p); p.add_argument('--video', default=W + '/media/v.ivf'); p.add_argument('--audio', default=W + '/media/a.ogg')
    p.add_argument('--fps', type=int, default=30); p.add_argument('--mtu', type=int, default=1180); p.add_argument('--count', type=int, default=1); p.add_argument('--stopfile')
    p = sp.add_parser('sub'); common(p); p.add_argument('-n', type=int, default=1); p.add_argument('--ramp', type=float, default=.1, help='s between joins; -1 = one after the other')
    p.add_argument('--settle', type=float, default=3); p.add_argument('--pre', type=float, default=0); p.add_argument('--server-pid', type=int); p.add_argument('--tree', action='store_true', help='count the server\'s children too')
    p.add_argument('--dtls', choices=('server', 'client'), default='server', help='our DTLS role. client: Janus 1.1.2 misses the first ClientHello and OpenSSL retries after 1 s')
    p.add_argument('--json'); p.add_argument('--label', default=''); p.add_argument('--feed', type=int, action='append')
    p = sp.add_parser('sink'); common(p); p.add_argument('--host', default='127.0.0.1'); p.add_argument('--port', type=int, default=8999); p.add_argument('-n', type=int, default=1); p.add_argument('--settle', type=float, default=2)
    a = ap.parse_args()
    try: asyncio.run({'pub': main_pub, 'sub': main_sub, 'sink': main_sink}[a.cmd](a))
    except KeyboardInterrupt: os._exit(1)
    except Exception as e: print(f'{type(e).__name__}: {e}', file=sys.stderr); os._exit(1)
main()
