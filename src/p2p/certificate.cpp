#include "p2p/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/limits.h"

namespace tally::p2p {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

// Dates are never looked at; these are the first and the last that the format has (RFC 5280, section 4.1.2.5).
constexpr const char* kNotBefore = "19700101000000Z";
constexpr const char* kNotAfter = "99991231235959Z";

Error openssl_error(const char* step) {
  return make_error(ErrorCode::internal, "tls", std::string(step) + " failed: " + describe_tls_error(ERR_get_error()));
}

// OpenSSL allots the index once a process; the slot itself belongs to each connection.
int check_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::optional<PublicKey> key_of(X509* certificate) {
  EVP_PKEY* key = certificate == nullptr ? nullptr : X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) return std::nullopt;
  PublicKey out;
  std::size_t size = out.bytes.size();
  if (EVP_PKEY_get_raw_public_key(key, out.bytes.data(), &size) != 1 || size != out.bytes.size()) return std::nullopt;
  return out;
}

std::string refusal_of(const PeerCheck& check) {
  if (!check.shown) return "the other side's certificate holds no Ed25519 key";
  if (check.expected && *check.shown != *check.expected)
    return "the other side has key " + check.shown->short_hex() + ", expected " + check.expected->short_hex();
  if (check.allowed == nullptr || !check.allowed->contains(*check.shown))
    return "key " + check.shown->short_hex() + " is not among this node's peers";
  return {};
}

// Takes the place of OpenSSL's chain building: possession of the key is proven by the handshake itself.
int verify_certificate(X509_STORE_CTX* store, void*) {
  const auto* connection =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* check = connection == nullptr ? nullptr : static_cast<PeerCheck*>(SSL_get_ex_data(connection, check_index()));
  if (check != nullptr) {
    check->shown = key_of(X509_STORE_CTX_get0_cert(store));
    check->refusal = refusal_of(*check);
    check->accepted = check->refusal.empty();
    if (check->accepted) return 1;
  }
  // Becomes the alert bad_certificate, which the other side can tell from a failing network.
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

Result<Certificate> make_certificate(EVP_PKEY* key, const PublicKey& public_key) {
  Certificate out(X509_new(), X509_free);
  if (!out) return openssl_error("making a certificate");
  const std::string name = public_key.short_hex();
  X509_NAME* subject = X509_get_subject_name(out.get());
  const auto* text = reinterpret_cast<const unsigned char*>(name.data());
  const bool made =
      X509_set_version(out.get(), X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(out.get()), 1) == 1 &&
      ASN1_TIME_set_string(X509_getm_notBefore(out.get()), kNotBefore) == 1 &&
      ASN1_TIME_set_string(X509_getm_notAfter(out.get()), kNotAfter) == 1 &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, static_cast<int>(name.size()), -1, 0) == 1 &&
      X509_set_issuer_name(out.get(), subject) == 1 && X509_set_pubkey(out.get(), key) == 1 &&
      X509_sign(out.get(), key, nullptr) > 0;
  if (!made) return openssl_error("filling a certificate");
  return out;
}

bool set_protocol(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, static_cast<long>(limits::kHandshakeFrameBytesMax));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_certificate, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 && SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set1_sigalgs_list(context, "ed25519") == 1 &&
         SSL_CTX_set1_client_sigalgs_list(context, "ed25519") == 1 && SSL_CTX_set1_groups_list(context, "X25519") == 1;
}

}  // namespace

void TlsContextFree::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Result<TlsContext> make_tls_context(const crypto::SecretKey& key) {
  const ByteView seed = key.seed();
  const Key private_key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
                        EVP_PKEY_free);
  if (!private_key) return openssl_error("loading the node's key");
  auto certificate = make_certificate(private_key.get(), key.public_key());
  if (!certificate) return certificate.error();
  TlsContext out(SSL_CTX_new(TLS_method()));
  if (!out || !set_protocol(out.get())) return openssl_error("setting up TLS 1.3");
  if (SSL_CTX_use_certificate(out.get(), certificate->get()) != 1 ||
      SSL_CTX_use_PrivateKey(out.get(), private_key.get()) != 1)
    return openssl_error("using the certificate");
  return out;
}

void attach(ssl_st* connection, PeerCheck* check) {
  SSL_set_ex_data(connection, check_index(), check);
}

std::string describe_tls_error(unsigned long code) {
  switch (ERR_GET_REASON(code)) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      return "the other side does not accept this node's key: is it among its peers?";
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return "the other side's key was not accepted";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "the other side showed no certificate";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return "the other side does not speak TLS";
    default:
      break;
  }
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "TLS error " + std::to_string(code) : "TLS: " + std::string(reason);
}

}  // namespace tally::p2p
