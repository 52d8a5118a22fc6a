//! What API Gateway answers itself, without a function: a status and `{"message": ".."}`.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

/// A request that no function answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// The request is not one an HTTP server understands.
    BadRequest,
    /// No route matches.
    NotFound,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The body is over 10 MB, or the event over Lambda's 6 MB.
    TooLarge,
    /// Request line and headers are over 10,240 bytes.
    HeadersTooLarge,
    /// The function failed, or its answer makes no response.
    InternalServerError,
    /// The function took longer than API Gateway waits.
    ServiceUnavailable,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::BadRequest => r#"{"message":"Bad Request"}"#,
            Self::NotFound => r#"{"message":"Not Found"}"#,
            Self::RequestTimeout => r#"{"message":"Request Timeout"}"#,
            Self::TooLarge => r#"{"message":"Request Entity Too Large"}"#,
            Self::HeadersTooLarge => r#"{"message":"Request Header Fields Too Large"}"#,
            Self::InternalServerError => r#"{"message":"Internal Server Error"}"#,
            Self::ServiceUnavailable => r#"{"message":"Service Unavailable"}"#,
        }
    }

    /// Whether what is left of the request on the connection cannot be trusted or is not worth reading.
    fn closes(self) -> bool {
        matches!(self, Self::BadRequest | Self::RequestTimeout | Self::TooLarge | Self::HeadersTooLarge)
    }

    pub(super) fn response(self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from_static(self.message().as_bytes()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.message().len()));
        if self.closes() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
