//! What the shop sells, and the bank.

use std::time::Duration;

/// Number, name and price in won.
pub type Item = (u32, &'static str, u32);

pub const CATALOGUE: [Item; 12] = [
    (1, "Stone guardian, small", 18_000),
    (2, "Stone guardian, large", 94_000),
    (3, "Roof tile with a face", 12_500),
    (4, "Brass bell", 31_000),
    (5, "Paper lantern", 7_000),
    (6, "Lacquer box", 58_000),
    (7, "Ink stone", 26_000),
    (8, "Celadon cup", 22_000),
    (9, "Folding fan", 9_500),
    (10, "Silk pouch", 8_000),
    (11, "Wooden duck pair", 45_000),
    (12, "Door knocker", 39_000),
];

/// The bank said no.
#[derive(Debug)]
pub struct PaymentRefused {
    amount: u32,
}

impl std::fmt::Display for PaymentRefused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no cover for {} won", self.amount)
    }
}

impl std::error::Error for PaymentRefused {}

/// Stands for a database or another service: takes so many milliseconds.
pub async fn work(milliseconds: std::ops::Range<u64>) {
    tokio::time::sleep(Duration::from_millis(fastrand::u64(milliseconds))).await;
}

/// Charges so many won; the bank refuses one payment in five.
pub async fn pay(amount: u32) -> Result<(), PaymentRefused> {
    work(20..120).await;
    if fastrand::u8(..5) == 0 { Err(PaymentRefused { amount }) } else { Ok(()) }
}
