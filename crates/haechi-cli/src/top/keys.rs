//! What each key does. `help.rs` lists them for people.

use super::state::{LEVELS, Pane, RANGES, State};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::Instant;

/// Characters of a filter.
const FILTER_MAX: usize = 200;

/// Does what a key says.
pub(super) fn press(state: &mut State, key: KeyEvent) {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if is_control => state.is_over = true,
        _ if state.has_help => state.has_help = false,
        _ if state.typing.is_some() => type_filter(state, key.code),
        KeyCode::Char(_) if is_control => {}
        KeyCode::Char('q') => state.is_over = true,
        KeyCode::Char('?') => state.has_help = true,
        KeyCode::Char('p' | ' ') => pause(state),
        KeyCode::Char(digit @ '1'..='7') => go_to(state, digit as usize - '1' as usize),
        KeyCode::Tab => go_to(state, (state.pane + 1) % Pane::ALL.len()),
        KeyCode::BackTab => go_to(state, (state.pane + Pane::ALL.len() - 1) % Pane::ALL.len()),
        KeyCode::Enter | KeyCode::Right => {
            if let Some(close) = state.behind() {
                state.open(close);
            }
        }
        KeyCode::Esc | KeyCode::Left | KeyCode::Backspace => back(state),
        KeyCode::Char('/') if state.opened.is_empty() => {
            state.typing = Some(state.filter().to_owned());
        }
        code => choose(state, code),
    }
}

fn choose(state: &mut State, code: KeyCode) {
    let is_route_open = !state.opened.is_empty();
    match code {
        KeyCode::Char('s') if is_route_open => state.is_failed_first = !state.is_failed_first,
        KeyCode::Char('s') if state.current() == Pane::Routes => state.sort = state.sort.next(),
        KeyCode::Char('s') if state.current() == Pane::Queries => {
            state.query_sort = state.query_sort.next();
        }
        KeyCode::Char('r') if !is_route_open => state.is_reversed = !state.is_reversed,
        KeyCode::Char('t') => state.range = (state.range + 1) % RANGES.len(),
        KeyCode::Char('l') if !is_route_open => state.level = (state.level + 1) % LEVELS.len(),
        code => step(state, code),
    }
}

/// Moves the selection, or the page.
fn step(state: &mut State, code: KeyCode) {
    let page = state.height.saturating_sub(1).max(1) as isize;
    let by = match code {
        KeyCode::Up | KeyCode::Char('k') => -1,
        KeyCode::Down | KeyCode::Char('j') => 1,
        KeyCode::PageUp => -page,
        KeyCode::PageDown => page,
        KeyCode::Home | KeyCode::Char('g') => isize::MIN / 2,
        KeyCode::End | KeyCode::Char('G') => isize::MAX / 2,
        _ => return,
    };
    match state.listing() {
        Some(listing) => state.cursor().step(&listing, by),
        None => {
            if let Some(opened) = state.opened.last_mut() {
                opened.scroll = opened.scroll.saturating_add_signed(by);
            }
        }
    }
}

fn go_to(state: &mut State, pane: usize) {
    state.opened.clear();
    state.trouble = None;
    if Pane::ALL.get(pane) == Some(&Pane::Issues) {
        state.news = None;
    }
    state.pane = pane;
}

fn back(state: &mut State) {
    state.trouble = None;
    if state.opened.pop().is_none()
        && let Some(filter) = state.filters.get_mut(state.pane)
    {
        filter.clear();
    }
}

fn pause(state: &mut State) {
    state.paused = if state.paused.is_some() { None } else { Some(Instant::now()) };
}

/// The list follows every character.
fn type_filter(state: &mut State, code: KeyCode) {
    let Some(filter) = state.filters.get_mut(state.pane) else { return };
    match code {
        KeyCode::Enter => state.typing = None,
        KeyCode::Esc => *filter = state.typing.take().unwrap_or_default(),
        KeyCode::Backspace => {
            filter.pop();
        }
        KeyCode::Char(c) if filter.chars().count() < FILTER_MAX => filter.push(c),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::panes::RouteSort;
    use crate::top::wanted::Wanted;

    fn pressed(state: &mut State, keys: &str) {
        for key in keys.chars() {
            let code = match key {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                '\x1b' => KeyCode::Esc,
                c => KeyCode::Char(c),
            };
            press(state, KeyEvent::new(code, KeyModifiers::NONE));
        }
    }

    #[test]
    fn a_filter_is_typed_kept_per_pane_and_taken_back() {
        let mut state = State::new(None);
        pressed(&mut state, "/shop q\n");
        assert_eq!((state.filter(), state.is_over), ("shop q", false));
        pressed(&mut state, "3/timeout");
        let Wanted::Logs { words, .. } = state.wanted() else { panic!("not the logs") };
        assert_eq!(words, "timeout");
        pressed(&mut state, "\x1b");
        assert_eq!(state.filter(), "");
        pressed(&mut state, "1");
        assert_eq!(state.filter(), "shop q");
        pressed(&mut state, "\x1b");
        assert_eq!(state.filter(), "");
    }

    #[test]
    fn keys_choose_pane_order_level_and_end() {
        let mut state = State::new(None);
        pressed(&mut state, "sr");
        assert_eq!((state.sort, state.is_reversed), (RouteSort::Requests, true));
        pressed(&mut state, "\t\tll");
        let Wanted::Logs { level, .. } = state.wanted() else { panic!("not the logs") };
        assert_eq!(level, Some("warn"));
        pressed(&mut state, "?q");
        assert!(!state.is_over && !state.has_help);
        pressed(&mut state, "q");
        assert!(state.is_over);
        let mut state = State::new(None);
        press(&mut state, KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(state.is_over);
    }
}
