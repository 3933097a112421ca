//! Numbers of payment cards.

/// How cards print their number.
const SHAPES: [&[usize]; 4] = [&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];

/// Length of a card's number at the beginning of `rest`: 13 to 19 digits, in a
/// row or in the groups that cards print, that pass Luhn's check and begin like
/// a known network's.
pub(super) fn card(rest: &[u8]) -> Option<usize> {
    let run = rest.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    if run == 4 {
        return SHAPES.iter().find_map(|shape| grouped(rest, shape));
    }
    let mut digits = Digits::default();
    digits.add(rest.get(..run)?)?;
    let alone = !rest.get(run).is_some_and(u8::is_ascii_alphanumeric);
    (alone && digits.are_a_card(false)).then_some(run)
}

fn grouped(rest: &[u8], shape: &[usize]) -> Option<usize> {
    let mut digits = Digits::default();
    let separator = rest.get(4).copied().filter(|byte| matches!(byte, b' ' | b'-' | b'+'))?;
    let mut end = 0;
    for (index, size) in shape.iter().enumerate() {
        if index > 0 {
            (rest.get(end) == Some(&separator)).then_some(())?;
            end += 1;
        }
        digits.add(rest.get(end..end + size)?)?;
        end += size;
    }
    let alone = !rest.get(end).is_some_and(u8::is_ascii_alphanumeric);
    (alone && digits.are_a_card(true)).then_some(end)
}

#[derive(Default)]
struct Digits {
    digits: [u8; 19],
    len: usize,
}

impl Digits {
    fn add(&mut self, text: &[u8]) -> Option<()> {
        for byte in text {
            *self.digits.get_mut(self.len)? = byte.is_ascii_digit().then(|| byte - b'0')?;
            self.len += 1;
        }
        Some(())
    }

    fn are_a_card(&self, grouped: bool) -> bool {
        let digits = &self.digits[..self.len];
        self.len >= 13 && network(digits, grouped) && luhn(digits)
    }
}

/// Whether a network's numbers begin like this and have this length.
fn network(digits: &[u8], grouped: bool) -> bool {
    let head = digits[..4].iter().fold(0u32, |head, digit| head * 10 + u32::from(*digit));
    let lengths = match head {
        4000..=4999 => &[13, 16, 19][..],
        5100..=5599 | 2221..=2720 => &[16],
        3400..=3499 | 3700..=3799 => &[15],
        3000..=3059 | 3600..=3699 | 3800..=3999 => &[14],
        3528..=3589 | 6011 | 6200..=6299 | 6440..=6599 => &[16, 17, 18, 19],
        5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => &[16, 17, 18, 19],
        // domestic cards; so many numbers begin like this that groups must show it
        9000..=9999 if grouped => &[16],
        _ => &[],
    };
    lengths.contains(&digits.len())
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::card;

    #[test]
    fn numbers_of_cards_are_found_in_a_row_and_in_groups() {
        for (text, len) in [
            ("4111111111111111 ok", 16),
            ("4111-1111-1111-1111!", 19),
            ("4111 1111 1111 1111", 19),
            ("4111 1111 1111 1111 12/27", 19),
            ("4111111111111111 12/27", 16),
            ("378282246310005", 15),
            ("3782 822463 10005,", 17),
            ("5555555555554444", 16),
            ("6011111111111117", 16),
        ] {
            assert_eq!(card(text.as_bytes()), Some(len), "{text}");
        }
    }

    #[test]
    fn other_long_numbers_are_no_cards() {
        for text in [
            "4111111111111112",
            "1795413600000",
            "20261123 0047 1101",
            "41 11 11 11 11 11 11 11",
            "4111111111111111a",
            "411111111111111111111111",
            "4111",
            "",
        ] {
            assert_eq!(card(text.as_bytes()), None, "{text}");
        }
    }
}
