#pragma once

// OpenSSL 3: DTLS 1.2 with SRTP keys, certificates, hashes, random. Swift sees neither macros with casts nor variadic
// functions, so those that are needed are wrapped here.

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

// DTLS

/// DTLS 1.2 and nothing else. No resumption in any form: it would skip the comparison of fingerprints.
static inline int confab_dtls_configure(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    // Buffers of 16 KB each way that a connection needs during the handshake only.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION)
        && SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION)
        && SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
}

static inline void confab_dtls_set_link_mtu(SSL *ssl, long mtu) { DTLS_set_link_mtu(ssl, mtu); }

/// Microseconds until OpenSSL wants to retransmit, -1 where no timer runs.
static inline int64_t confab_dtls_timeout(SSL *ssl) {
    struct timeval left;
    if (!DTLSv1_get_timeout(ssl, &left)) return -1;
    return (int64_t)left.tv_sec * 1000000 + left.tv_usec;
}

/// 1: a flight was sent again; 0: the timer had not expired; -1: given up.
static inline int confab_dtls_handle_timeout(SSL *ssl) { return (int)DTLSv1_handle_timeout(ssl); }

static inline int confab_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

// Certificates

static inline EVP_PKEY *confab_p256_key(void) { return EVP_EC_gen("P-256"); }

static inline GENERAL_NAMES *confab_names_new(void) { return sk_GENERAL_NAME_new_null(); }

static inline void confab_names_free(GENERAL_NAMES *names) { sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free); }

/// Adds an IP address in text form, or else a DNS name. 0 where it is neither or memory ran out.
static inline int confab_names_add(GENERAL_NAMES *names, const char *text, int is_address) {
    GENERAL_NAME *name = GENERAL_NAME_new();
    if (!name) return 0;
    if (is_address) {
        ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
        if (!address) { GENERAL_NAME_free(name); return 0; }
        GENERAL_NAME_set0_value(name, GEN_IPADD, address);
    } else {
        ASN1_IA5STRING *host = ASN1_IA5STRING_new();
        if (!host) { GENERAL_NAME_free(name); return 0; }
        GENERAL_NAME_set0_value(name, GEN_DNS, host);
        if (!ASN1_STRING_set(host, text, (int)strlen(text))) { GENERAL_NAME_free(name); return 0; }
    }
    if (sk_GENERAL_NAME_push(names, name) <= 0) { GENERAL_NAME_free(name); return 0; }
    return 1;
}

static inline int confab_is_ip_address(const char *text) {
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
    ASN1_OCTET_STRING_free(address);
    return address != NULL;
}

static inline int confab_x509_add_names(X509 *certificate, GENERAL_NAMES *names) {
    return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
}

/// Adds an extension given in OpenSSL's configuration syntax. Only constant texts may come here.
static inline int confab_x509_add_extension(X509 *certificate, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (!extension) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

/// Seconds since 1970, or -1 where the time makes no sense.
static inline int64_t confab_unix_time(const ASN1_TIME *time) {
    struct tm parts;
    if (!ASN1_TIME_to_tm(time, &parts)) return -1;
    return (int64_t)timegm(&parts);
}

/// A reading memory BIO. The bytes must outlive it.
static inline BIO *confab_bio_reading(const void *bytes, int count) { return BIO_new_mem_buf(bytes, count); }

static inline BIO *confab_bio_writing(void) { return BIO_new(BIO_s_mem()); }

static inline long confab_bio_contents(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

/// Refuses encrypted keys instead of asking for a passphrase on the terminal.
static inline int confab_no_passphrase(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

static inline EVP_PKEY *confab_read_private_key(BIO *bio) {
    return PEM_read_bio_PrivateKey(bio, NULL, confab_no_passphrase, NULL);
}

static inline void confab_openssl_free(void *memory) { OPENSSL_free(memory); }

// AES in counter mode with HMAC-SHA1, the transform of RFC 3711 §4

#pragma clang diagnostic push
// SHA1_Update and friends work on a plain state, which can be copied; the newer interface allocates for each message.
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

struct confab_counter_mode {
    EVP_CIPHER_CTX *cipher;
    /// The hash after the first block of HMAC's inner and outer part (RFC 2104 §2).
    SHA_CTX inner, outer;
    /// The session salt, with two bytes of block counter behind it.
    unsigned char salt[16];
};

static inline void confab_counter_mode_free(struct confab_counter_mode *mode) {
    EVP_CIPHER_CTX_free(mode->cipher);
    OPENSSL_clear_free(mode, sizeof *mode);
}

/// `count` bytes for one label (RFC 3711 §4.3), with the master salt as the counter's start.
static inline int confab_counter_mode_derive(
    const unsigned char *key, const unsigned char *salt, unsigned char label, unsigned char *out, int count) {
    unsigned char start[16] = {0}, zeros[32] = {0};
    int length = 0;
    memcpy(start, salt, 14);
    start[7] ^= label;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int done = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, key, start) == 1
        && EVP_EncryptUpdate(cipher, out, &length, zeros, count) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return done;
}

static inline void confab_counter_mode_pad(SHA_CTX *state, const unsigned char *key, unsigned char pad) {
    unsigned char block[64];
    for (int i = 0; i < 64; i++) block[i] = (i < 20 ? key[i] : 0) ^ pad;
    SHA1_Init(state);
    SHA1_Update(state, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

/// From 16 bytes of master key and 14 of master salt; NULL where OpenSSL refuses.
static inline struct confab_counter_mode *confab_counter_mode_new(
    const unsigned char *key, const unsigned char *salt) {
    struct confab_counter_mode *mode = (struct confab_counter_mode *)OPENSSL_zalloc(sizeof *mode);
    unsigned char cipher_key[16], hash_key[20];
    if (!mode) return NULL;
    mode->cipher = EVP_CIPHER_CTX_new();
    int done = mode->cipher && confab_counter_mode_derive(key, salt, 0, cipher_key, 16)
        && confab_counter_mode_derive(key, salt, 1, hash_key, 20)
        && confab_counter_mode_derive(key, salt, 2, mode->salt, 14)
        && EVP_EncryptInit_ex(mode->cipher, EVP_aes_128_ctr(), NULL, cipher_key, mode->salt) == 1;
    if (done) {
        confab_counter_mode_pad(&mode->inner, hash_key, 0x36);
        confab_counter_mode_pad(&mode->outer, hash_key, 0x5c);
    }
    OPENSSL_cleanse(cipher_key, sizeof cipher_key);
    OPENSSL_cleanse(hash_key, sizeof hash_key);
    if (done) return mode;
    confab_counter_mode_free(mode);
    return NULL;
}

/// Encrypts what follows the header in place and adds ten bytes of code behind `length`. 1 on success.
static inline int confab_counter_mode_protect(
    struct confab_counter_mode *mode, unsigned char *packet, int header, int length, uint32_t ssrc, uint32_t rollover,
    uint16_t sequence) {
    unsigned char start[16], code[SHA_DIGEST_LENGTH];
    unsigned char count[4] = {rollover >> 24, rollover >> 16, rollover >> 8, rollover};
    int written = 0;
    // §4.1.1: IV = (salt << 16) XOR (SSRC << 64) XOR (index << 16).
    memcpy(start, mode->salt, 16);
    for (int i = 0; i < 4; i++) start[4 + i] ^= (unsigned char)(ssrc >> (24 - 8 * i));
    for (int i = 0; i < 4; i++) start[8 + i] ^= count[i];
    start[12] ^= sequence >> 8;
    start[13] ^= sequence & 0xff;
    if (EVP_EncryptInit_ex(mode->cipher, NULL, NULL, NULL, start) != 1) return 0;
    if (length > header
        && EVP_EncryptUpdate(mode->cipher, packet + header, &written, packet + header, length - header) != 1) return 0;
    SHA_CTX hash = mode->inner;
    SHA1_Update(&hash, packet, length);
    SHA1_Update(&hash, count, sizeof count);  // §4.2
    SHA1_Final(code, &hash);
    hash = mode->outer;
    SHA1_Update(&hash, code, sizeof code);
    SHA1_Final(code, &hash);
    memcpy(packet + length, code, 10);
    return 1;
}

// AES-GCM, the transform of RFC 7714

struct confab_gcm {
    EVP_CIPHER_CTX *rtp, *rtcp;
    unsigned char rtp_salt[12], rtcp_salt[12];
};

static inline void confab_gcm_free(struct confab_gcm *gcm) {
    EVP_CIPHER_CTX_free(gcm->rtp);
    EVP_CIPHER_CTX_free(gcm->rtcp);
    OPENSSL_clear_free(gcm, sizeof *gcm);
}

/// The key derivation is that of RFC 3711, with two zero bytes behind the shorter master salt (RFC 7714 §11).
static inline EVP_CIPHER_CTX *confab_gcm_cipher(
    const unsigned char *key, const unsigned char *salt, unsigned char label, unsigned char *session_salt, int encrypts) {
    unsigned char cipher_key[16], whole_salt[14] = {0};
    memcpy(whole_salt, salt, 12);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int done = cipher && confab_counter_mode_derive(key, whole_salt, label, cipher_key, 16)
        && confab_counter_mode_derive(key, whole_salt, label + 2, session_salt, 12)
        && EVP_CipherInit_ex(cipher, EVP_aes_128_gcm(), NULL, cipher_key, NULL, encrypts) == 1;
    OPENSSL_cleanse(cipher_key, sizeof cipher_key);
    if (done) return cipher;
    EVP_CIPHER_CTX_free(cipher);
    return NULL;
}

/// From 16 bytes of master key and 12 of master salt; NULL where OpenSSL refuses.
static inline struct confab_gcm *confab_gcm_new(const unsigned char *key, const unsigned char *salt) {
    struct confab_gcm *gcm = (struct confab_gcm *)OPENSSL_zalloc(sizeof *gcm);
    if (!gcm) return NULL;
    gcm->rtp = confab_gcm_cipher(key, salt, 0, gcm->rtp_salt, 1);
    gcm->rtcp = confab_gcm_cipher(key, salt, 3, gcm->rtcp_salt, 1);
    if (gcm->rtp && gcm->rtcp) return gcm;
    confab_gcm_free(gcm);
    return NULL;
}

/// The same for what the peer sends, of RTCP only.
static inline struct confab_gcm *confab_gcm_opener_new(const unsigned char *key, const unsigned char *salt) {
    struct confab_gcm *gcm = (struct confab_gcm *)OPENSSL_zalloc(sizeof *gcm);
    if (!gcm) return NULL;
    gcm->rtcp = confab_gcm_cipher(key, salt, 3, gcm->rtcp_salt, 0);
    if (gcm->rtcp) return gcm;
    confab_gcm_free(gcm);
    return NULL;
}

/// Encrypts what follows the header in place and puts sixteen bytes of tag behind `length`. `extra` is authenticated after
/// the header. 1 on success.
static inline int confab_gcm_seal(
    EVP_CIPHER_CTX *cipher, const unsigned char *nonce, unsigned char *packet, int header, int length,
    const unsigned char *extra, int extra_length) {
    int written = 0;
    return EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, nonce) == 1
        && EVP_EncryptUpdate(cipher, NULL, &written, packet, header) == 1
        && (!extra_length || EVP_EncryptUpdate(cipher, NULL, &written, extra, extra_length) == 1)
        && (length == header
            || EVP_EncryptUpdate(cipher, packet + header, &written, packet + header, length - header) == 1)
        && EVP_EncryptFinal_ex(cipher, packet + length, &written) == 1
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, packet + length) == 1;
}

/// Two zero bytes, the source, and the packet's index, which no two packets share (RFC 7714 §8.1, §9.1).
static inline void confab_gcm_nonce(
    unsigned char *nonce, const unsigned char *salt, uint32_t ssrc, uint32_t high, uint16_t low) {
    memcpy(nonce, salt, 12);
    for (int i = 0; i < 4; i++) nonce[2 + i] ^= (unsigned char)(ssrc >> (24 - 8 * i));
    for (int i = 0; i < 4; i++) nonce[6 + i] ^= (unsigned char)(high >> (24 - 8 * i));
    nonce[10] ^= low >> 8;
    nonce[11] ^= low & 0xff;
}

/// The buffer has 16 bytes more than `length`. 1 on success.
static inline int confab_gcm_protect_rtp(
    struct confab_gcm *gcm, unsigned char *packet, int header, int length, uint32_t ssrc, uint32_t rollover,
    uint16_t sequence) {
    unsigned char nonce[12];
    confab_gcm_nonce(nonce, gcm->rtp_salt, ssrc, rollover, sequence);
    return confab_gcm_seal(gcm->rtp, nonce, packet, header, length, NULL, 0);
}

/// The buffer has 20 bytes more than `length`: tag, and index with the bit that says that the packet is encrypted (§9.2).
static inline int confab_gcm_protect_rtcp(
    struct confab_gcm *gcm, unsigned char *packet, int length, uint32_t ssrc, uint32_t index) {
    unsigned char nonce[12];
    uint32_t word = index | 0x80000000u;
    unsigned char trailer[4] = {word >> 24, word >> 16, word >> 8, word};
    // The index has 31 bits, behind two zero bytes.
    confab_gcm_nonce(nonce, gcm->rtcp_salt, ssrc, index >> 16, (uint16_t)index);
    if (confab_gcm_seal(gcm->rtcp, nonce, packet, 8, length, trailer, sizeof trailer) != 1) return 0;
    memcpy(packet + length + 16, trailer, sizeof trailer);
    return 1;
}

/// Opens a packet whose header and content are `length` bytes, with tag and index behind them. 1 where it is authentic.
static inline int confab_gcm_open_rtcp(
    struct confab_gcm *gcm, unsigned char *packet, int length, uint32_t ssrc, uint32_t index) {
    unsigned char nonce[12];
    int written = 0;
    confab_gcm_nonce(nonce, gcm->rtcp_salt, ssrc, index >> 16, (uint16_t)index);
    return EVP_DecryptInit_ex(gcm->rtcp, NULL, NULL, NULL, nonce) == 1
        && EVP_DecryptUpdate(gcm->rtcp, NULL, &written, packet, 8) == 1
        && EVP_DecryptUpdate(gcm->rtcp, NULL, &written, packet + length + 16, 4) == 1
        && (length == 8 || EVP_DecryptUpdate(gcm->rtcp, packet + 8, &written, packet + 8, length - 8) == 1)
        && EVP_CIPHER_CTX_ctrl(gcm->rtcp, EVP_CTRL_AEAD_SET_TAG, 16, packet + length) == 1
        && EVP_DecryptFinal_ex(gcm->rtcp, packet + length, &written) == 1;
}

#pragma clang diagnostic pop
