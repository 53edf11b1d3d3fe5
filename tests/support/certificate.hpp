/// Certificates with a key of their own, made in memory for one test.
#pragma once

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace support {

/// What a certificate says; it signs itself.
struct CertificateWish {
  std::string name = "localhost";  // subject and DNS name
  long from = -3600;               // seconds from now
  long until = 3600;
  const char* passphrase = nullptr;  // of the key's file
};

/// Writes `folder`/tls.crt and `folder`/tls.key, as Kubernetes names them.
inline void write_certificate(const std::filesystem::path& folder, const CertificateWish& wish = {}) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  auto* made = certificate.get();
  static long serial = 0;
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made), wish.from);
  X509_gmtime_adj(X509_getm_notAfter(made), wish.until);
  auto* subject = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, subject);
  const std::string names = "DNS:" + wish.name;
  auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(made, extension, -1);
  X509_EXTENSION_free(extension);
  X509_set_pubkey(made, key.get());
  X509_sign(made, key.get(), EVP_sha256());

  std::filesystem::create_directories(folder);
  const auto write = [&](const char* file, auto put) {
    std::FILE* out = std::fopen((folder / file).c_str(), "w");
    put(out);
    std::fclose(out);
  };
  write("tls.crt", [&](std::FILE* out) { PEM_write_X509(out, made); });
  write("tls.key", [&](std::FILE* out) {
    const auto* cipher = wish.passphrase != nullptr ? EVP_aes_128_cbc() : nullptr;
    PEM_write_PKCS8PrivateKey(out, key.get(), cipher, wish.passphrase, wish.passphrase != nullptr ? 4 : 0,
                              nullptr, nullptr);
  });
}

}  // namespace support
