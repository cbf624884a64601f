//! The error codes of wasi:http 0.2, as text across the C boundary and as errors of streams.
use crate::http_types::types::{
    DnsErrorPayload, ErrorCode, FieldSizePayload, TlsAlertReceivedPayload,
};
use std::fmt;

/// Why a stream of a body failed: `http-error-code` finds it.
#[derive(Debug)]
pub struct Failure(pub ErrorCode);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&code_text(&self.0))
    }
}
impl std::error::Error for Failure {}

/// The WIT text of an error code, from what `Debug` makes of it.
pub fn code_text(code: &ErrorCode) -> String {
    let debug = format!("{code:?}");
    let debug = debug.strip_prefix("ErrorCode::").unwrap_or(&debug);
    let (name, payload) = debug.split_once('(').unwrap_or((debug, ""));
    let mut words = Vec::<String>::new();
    for letter in name.chars() {
        match words.last_mut() {
            Some(word) if !letter.is_uppercase() => word.push(letter),
            _ => words.push(letter.to_lowercase().to_string()),
        }
    }
    for word in &mut words {
        if ["dns", "http", "ip", "tls", "uri"].contains(&word.as_str()) {
            *word = word.to_uppercase();
        }
    }
    let name = words.join("-");
    let payload = payload.strip_suffix(')').unwrap_or(payload);
    let payload = payload
        .strip_prefix("Some(")
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(payload);
    match payload {
        "" | "None" => name,
        payload => format!("{name}({payload})"),
    }
}

/// An error code by its WIT name; `detail` goes where the code has room for text. `None`: there is no such code.
pub fn code_of(name: &str, detail: &str) -> Option<ErrorCode> {
    use ErrorCode::*;
    let text = || (!detail.is_empty()).then(|| detail.to_string());
    let field = || FieldSizePayload {
        field_name: text(),
        field_size: None,
    };
    Some(match name {
        "DNS-timeout" => DnsTimeout,
        "DNS-error" => DnsError(DnsErrorPayload {
            rcode: text(),
            info_code: None,
        }),
        "destination-not-found" => DestinationNotFound,
        "destination-unavailable" => DestinationUnavailable,
        "destination-IP-prohibited" => DestinationIpProhibited,
        "destination-IP-unroutable" => DestinationIpUnroutable,
        "connection-refused" => ConnectionRefused,
        "connection-terminated" => ConnectionTerminated,
        "connection-timeout" => ConnectionTimeout,
        "connection-read-timeout" => ConnectionReadTimeout,
        "connection-write-timeout" => ConnectionWriteTimeout,
        "connection-limit-reached" => ConnectionLimitReached,
        "TLS-protocol-error" => TlsProtocolError,
        "TLS-certificate-error" => TlsCertificateError,
        "TLS-alert-received" => TlsAlertReceived(TlsAlertReceivedPayload {
            alert_id: None,
            alert_message: text(),
        }),
        "HTTP-request-denied" => HttpRequestDenied,
        "HTTP-request-length-required" => HttpRequestLengthRequired,
        "HTTP-request-body-size" => HttpRequestBodySize(None),
        "HTTP-request-method-invalid" => HttpRequestMethodInvalid,
        "HTTP-request-URI-invalid" => HttpRequestUriInvalid,
        "HTTP-request-URI-too-long" => HttpRequestUriTooLong,
        "HTTP-request-header-section-size" => HttpRequestHeaderSectionSize(None),
        "HTTP-request-header-size" => HttpRequestHeaderSize(None),
        "HTTP-request-trailer-section-size" => HttpRequestTrailerSectionSize(None),
        "HTTP-request-trailer-size" => HttpRequestTrailerSize(field()),
        "HTTP-response-incomplete" => HttpResponseIncomplete,
        "HTTP-response-header-section-size" => HttpResponseHeaderSectionSize(None),
        "HTTP-response-header-size" => HttpResponseHeaderSize(field()),
        "HTTP-response-body-size" => HttpResponseBodySize(None),
        "HTTP-response-trailer-section-size" => HttpResponseTrailerSectionSize(None),
        "HTTP-response-trailer-size" => HttpResponseTrailerSize(field()),
        "HTTP-response-transfer-coding" => HttpResponseTransferCoding(text()),
        "HTTP-response-content-coding" => HttpResponseContentCoding(text()),
        "HTTP-response-timeout" => HttpResponseTimeout,
        "HTTP-upgrade-failed" => HttpUpgradeFailed,
        "HTTP-protocol-error" => HttpProtocolError,
        "loop-detected" => LoopDetected,
        "configuration-error" => ConfigurationError,
        "internal-error" => InternalError(text()),
        _ => return None,
    })
}
