//! The pages: traffic, logs and exceptions, each in the plainest way there is.

use crate::shop::{CATALOGUE, Item, pay, work};
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use futures_util::stream::{self, StreamExt};
use haechi::Logger;
use haechi::axum::{Error, Statistics};
use std::convert::Infallible;

pub async fn index(statistics: Statistics) -> Html<String> {
    // watching starts here; only somebody at this machine may switch it on
    if statistics.is_local() {
        statistics.enable();
    }
    work(1..6).await;
    page("Guardians for your gate", "<p><a href=\"/your_app/items\">What we sell</a></p>")
}

pub async fn items(logger: Logger) -> Html<String> {
    work(4..25).await;
    logger.info(format!("showing {} items", CATALOGUE.len()));
    let row = |(number, name, price): Item| {
        format!("<li><a href=\"/your_app/item/{number}\">{name}</a>, {price} won")
    };
    page("What we sell", &format!("<ul>{}</ul>", CATALOGUE.map(row).concat()))
}

pub async fn item(Path(number): Path<u32>) -> Result<Html<String>, (StatusCode, &'static str)> {
    let Some((_, name, price)) = CATALOGUE.into_iter().find(|(found, ..)| *found == number) else {
        // an event of `tracing` finds its request by itself
        tracing::warn!(number, "nobody sells this item");
        return Err((StatusCode::NOT_FOUND, "We do not sell that.\n"));
    };
    work(2..14 + 4 * u64::from(number)).await;
    Ok(page(name, &format!("<p>{price} won</p>")))
}

pub async fn checkout() -> &'static str {
    let amount = CATALOGUE[fastrand::usize(..CATALOGUE.len())].2;
    match pay(amount).await {
        Ok(()) => {
            tracing::info!(amount, "paid");
            "Thank you. Your guardian is on its way.\n"
        }
        Err(error) => {
            // the log gets the error and where it came from; the visitor gets a kind word
            haechi::capture(&error);
            tracing::error!("payment failed: {error}");
            "The payment did not go through. Please try again in a moment.\n"
        }
    }
}

/// Slow on purpose: half waiting, half counting.
pub async fn report() -> Html<String> {
    work(250..900).await;
    let total: u64 = (0..4000)
        .flat_map(|_| CATALOGUE)
        .map(|(number, _, price)| u64::from(number) * u64::from(price))
        .sum();
    page("Stock", &format!("<p>{} won</p>", total / 4000))
}

/// Sent piece by piece: the request lasts until the last of them.
pub async fn download() -> impl IntoResponse {
    let head = stream::once(async { Ok::<_, Infallible>(Bytes::from("number,name,price\n")) });
    let rows = stream::iter(CATALOGUE).then(|(number, name, price)| async move {
        work(5..20).await;
        Ok(Bytes::from(format!("{number},\"{name}\",{price}\n")))
    });
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], Body::from_stream(head.chain(rows)))
}

/// Now nobody catches it: an error one time, a panic the other.
pub async fn broken() -> Result<String, Error> {
    if fastrand::bool() {
        let price: u32 = "26,000".parse()?;
        return Ok(price.to_string());
    }
    let none: &[Item] = &[];
    Ok(none[fastrand::usize(..3)].1.to_owned())
}

fn page(title: &str, content: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <body style=\"font:16px/1.5 system-ui;max-width:40em;margin:3em auto\">\
         <h1>{title}</h1>{content}<p><a href=\"/your_app/stats\">The numbers</a></p></body></html>"
    ))
}
