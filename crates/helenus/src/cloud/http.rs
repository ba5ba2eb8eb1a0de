//! One GET by HTTPS (RFC 9112), for a small answer. Not an HTTP client: no redirects, no second request on a connection.

use std::io;

use tokio::net::TcpStream;

use crate::connection::transport::{Cipher, CipherError};
use crate::error::ConnectionError;

/// Far more than any metadata takes.
const MAX_ANSWER: usize = 1024 * 1024;

/// The body of `path` at `host`, whose certificate `cipher` verifies before anything is sent.
pub(super) async fn get(
    host: &str,
    port: u16,
    path: &str,
    mut cipher: Box<dyn Cipher>,
) -> Result<Vec<u8>, ConnectionError> {
    let socket = TcpStream::connect((host, port)).await?;
    while cipher.is_handshaking() {
        flush(&socket, &mut *cipher).await?;
        if cipher.is_handshaking() && read(&socket, &mut *cipher, &mut Vec::new()).await? {
            return Err(ConnectionError::ClosedByServer);
        }
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    );
    cipher.seal(request.as_bytes()).map_err(tls)?;
    flush(&socket, &mut *cipher).await?;
    let mut answer = Vec::new();
    let mut is_whole = false;
    loop {
        match body(&answer, is_whole).map_err(|why| wrong(&why))? {
            Some(body) => return Ok(body),
            None if is_whole => return Err(wrong("it was cut off")),
            None if answer.len() > MAX_ANSWER => {
                return Err(wrong(&format!("it has more than {MAX_ANSWER} bytes")));
            }
            None => is_whole = read(&socket, &mut *cipher, &mut answer).await?,
        }
        flush(&socket, &mut *cipher).await?;
    }
}

fn tls(error: CipherError) -> ConnectionError {
    ConnectionError::Tls(error.0.into())
}

fn wrong(why: &str) -> ConnectionError {
    ConnectionError::Setup(format!("the answer by HTTP cannot be used: {why}").into())
}

async fn flush(socket: &TcpStream, cipher: &mut dyn Cipher) -> Result<(), ConnectionError> {
    let mut ciphertext = Vec::new();
    cipher.take_output(&mut ciphertext).map_err(tls)?;
    let mut rest = ciphertext.as_slice();
    while !rest.is_empty() {
        socket.writable().await?;
        match socket.try_write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Reads once; tells whether the server has ended TLS. Without that, the end of the socket is an error.
async fn read(
    socket: &TcpStream,
    cipher: &mut dyn Cipher,
    plaintext: &mut Vec<u8>,
) -> Result<bool, ConnectionError> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        socket.readable().await?;
        match socket.try_read(&mut buffer) {
            Ok(0) => return Err(tls(cipher.handle_end())),
            Ok(count) => return cipher.open(&buffer[..count], plaintext).map_err(tls),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The answer's body, once all of it is there; `is_ended` if no more will come.
fn body(answer: &[u8], is_ended: bool) -> Result<Option<Vec<u8>>, String> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(answer).map_err(|error| error.to_string())?
    else {
        return Ok(None);
    };
    let code = response.code.unwrap_or_default();
    if code != 200 {
        return Err(format!("the status is {code}"));
    }
    let rest = &answer[length..];
    let header = |name: &str| {
        response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value)
    };
    if let Some(coding) = header("transfer-encoding") {
        if !coding.eq_ignore_ascii_case(b"chunked") {
            return Err("its transfer coding is not known".into());
        }
        return chunks(rest);
    }
    match header("content-length") {
        Some(length) => {
            let length =
                std::str::from_utf8(length).ok().and_then(|length| length.trim().parse::<usize>().ok());
            let length = length.filter(|length| *length <= MAX_ANSWER).ok_or("its length cannot be true")?;
            Ok(rest.get(..length).map(<[u8]>::to_vec))
        }
        None if is_ended => Ok(Some(rest.to_vec())),
        None => Ok(None),
    }
}

fn chunks(mut rest: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut body = Vec::new();
    loop {
        let Ok(parsed) = httparse::parse_chunk_size(rest) else {
            return Err("a chunk's size is none".into());
        };
        let httparse::Status::Complete((start, size)) = parsed else { return Ok(None) };
        if size == 0 {
            return Ok(Some(body));
        }
        let size =
            usize::try_from(size).ok().filter(|size| *size <= MAX_ANSWER).ok_or("a chunk is too large")?;
        // The chunk, and the line end behind it.
        let Some(chunk) = rest.get(start..start + size + 2) else { return Ok(None) };
        let Some(chunk) = chunk.strip_suffix(b"\r\n") else { return Err("a chunk does not end".into()) };
        body.extend_from_slice(chunk);
        rest = &rest[start + size + 2..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: [&str; 4] = [
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX: y\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbodyand more",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nbody",
    ];

    #[test]
    fn bodies_of_each_form_are_whole_or_not_there() {
        for answer in ANSWERS {
            assert_eq!(body(answer.as_bytes(), true), Ok(Some(b"body".to_vec())), "{answer}");
            let ends_itself =
                answer.to_ascii_lowercase().contains("content-length") || answer.contains("chunked");
            for cut in 0..answer.len() {
                match body(&answer.as_bytes()[..cut], false) {
                    Ok(None) => {}
                    Ok(Some(found)) => assert!(ends_itself && found == b"body", "{answer} {cut}"),
                    Err(error) => panic!("{answer} {cut}: {error}"),
                }
            }
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let too_long = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MAX_ANSWER + 1);
        for answer in [
            "nonsense\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: https://elsewhere\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
            &too_long,
        ] {
            body(answer.as_bytes(), true).expect_err(answer);
        }
    }
}
