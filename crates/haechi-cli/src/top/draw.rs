//! Puts the state on the screen.

use super::figures::{ms, ms_of};
use super::help::KEYS;
use super::history::Metric;
use super::listing::{Cell, Column, Listing};
use super::palette::Palette;
use super::state::{Pane, State};
use super::wanted::Answer;
use crate::terminal::Tone;
use haechi_event::inert;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Cell as TableCell, Clear, Paragraph, Row, Sparkline, Table, TableState};

/// Columns of a chart's label and number.
const LABEL: u16 = 20;

pub(super) fn draw(frame: &mut Frame<'_>, state: &mut State, palette: Palette) {
    let charts = if frame.area().height >= 14 { Metric::ALL.len() as u16 } else { 2 };
    let [top, chart, tabs, main, bottom] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(charts),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(title(state, palette)), top);
    draw_charts(frame, state, palette, chart);
    frame.render_widget(Paragraph::new(tab_line(state, palette)), tabs);
    draw_main(frame, state, palette, main);
    frame.render_widget(Paragraph::new(status(state, palette)), bottom);
    if state.has_help {
        draw_help(frame, palette, main);
    }
}

fn title(state: &State, palette: Palette) -> Line<'static> {
    let app = state.app.as_deref().unwrap_or("all apps");
    let now = state.history.now().map_or_else(String::new, |now| {
        let one = if now.workers == 1 { "worker" } else { "workers" };
        format!("  {} in flight, {} {one}", now.in_flight, now.workers)
    });
    let long = match state.long {
        0 => String::new(),
        long => format!("  {long} past 30 s"),
    };
    let paused = if state.paused.is_some() { "  PAUSED" } else { "" };
    Line::from(vec![
        Span::styled("haechi top  ", palette.style(Tone::Strong)),
        Span::raw(inert(app)),
        Span::raw(now),
        Span::styled(long, palette.style(Tone::Bad)),
        Span::styled(format!("  {}", inert(&state.from)), palette.style(Tone::Dim)),
        Span::styled(paused, palette.style(Tone::Warning)),
    ])
}

fn draw_charts(frame: &mut Frame<'_>, state: &State, palette: Palette, area: Rect) {
    // of two lines, requests and their 95th percentile say the most
    let metrics: &[Metric] =
        if area.height >= 5 { &Metric::ALL } else { &[Metric::Requests, Metric::P95] };
    for (metric, row) in metrics.iter().zip(area.rows()) {
        let [label, chart] =
            Layout::horizontal([Constraint::Length(LABEL), Constraint::Min(1)]).areas(row);
        let value = state.history.latest(*metric);
        let tone = match metric {
            Metric::Errors if value.is_some_and(|value| value > 0.0) => Tone::Bad,
            Metric::Errors => Tone::Plain,
            Metric::Requests => Tone::Good,
            _ => Tone::Warning,
        };
        let value = match metric {
            Metric::Requests | Metric::Errors => value.map_or_else(|| "-".to_owned(), ms),
            _ => ms_of(value),
        };
        let text = format!("{:<10} {value:>7}  ", metric.label());
        frame.render_widget(Paragraph::new(text), label);
        let columns = state.history.columns(*metric, usize::from(chart.width));
        let tone = if *metric == Metric::Errors { Tone::Bad } else { tone };
        frame.render_widget(Sparkline::default().data(columns).style(palette.style(tone)), chart);
    }
}

fn tab_line(state: &State, palette: Palette) -> Line<'static> {
    let mut spans = Vec::new();
    for (at, pane) in Pane::ALL.into_iter().enumerate() {
        let style = if at == state.pane { palette.selected() } else { Style::new() };
        spans.push(Span::styled(format!(" {} {} ", at + 1, pane.name()), style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

fn draw_main(frame: &mut Frame<'_>, state: &mut State, palette: Palette, area: Rect) {
    let [heading, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    if let Some(listing) = state.listing() {
        let title = Span::styled(listing.title.clone(), palette.style(Tone::Strong));
        frame.render_widget(Paragraph::new(Line::from(title)), heading);
        state.height = usize::from(body.height.saturating_sub(1));
        let place = state.cursor().place(&listing);
        draw_list(frame, &listing, place, palette, body);
        return;
    }
    state.height = usize::from(area.height);
    let page = match state.answer() {
        Some((Answer::Page(page), _)) => page.clone(),
        _ => "asking …\n".to_owned(),
    };
    let lines = palette.lines(&page, usize::from(area.width));
    let last = lines.len().saturating_sub(state.height);
    let scroll = state.opened.last_mut().map_or(0, |opened| {
        opened.scroll = opened.scroll.min(last);
        opened.scroll
    });
    let shown: Vec<Line<'_>> = lines.into_iter().skip(scroll).take(state.height).collect();
    frame.render_widget(Paragraph::new(Text::from(shown)), area);
}

fn draw_list(
    frame: &mut Frame<'_>,
    listing: &Listing,
    place: Option<usize>,
    palette: Palette,
    area: Rect,
) {
    let is_shown = |column: &Column| column.least <= area.width;
    let columns = || listing.columns.iter().enumerate().filter(|(_, column)| is_shown(column));
    let widths = columns().map(|(_, column)| match column.width {
        0 => Constraint::Min(10),
        width => Constraint::Length(width),
    });
    let cell = |column: &Column, text: String, style: Style| {
        let line = Line::styled(text, style);
        TableCell::from(if column.is_number { line.right_aligned() } else { line })
    };
    let headings = columns().map(|(at, column)| {
        let tone = if listing.sorted == Some(at) { Tone::Strong } else { Tone::Dim };
        cell(column, column.heading.to_owned(), palette.style(tone))
    });
    let rows =
        listing.rows.iter().map(|row| {
            let cells = columns().filter_map(|(at, column)| Some((column, row.cells.get(at)?)));
            Row::new(cells.map(|(column, Cell { tone, text })| {
                cell(column, text.clone(), palette.style(*tone))
            }))
        });
    let table = Table::new(rows, widths)
        .header(Row::new(headings))
        .row_highlight_style(palette.selected())
        .column_spacing(1);
    let mut selected = TableState::default().with_selected(place);
    frame.render_stateful_widget(table, area, &mut selected);
}

fn status(state: &State, palette: Palette) -> Line<'static> {
    if state.typing.is_some() {
        let typed = format!("/{}", inert(state.filter()));
        return Line::from(vec![
            Span::raw(typed),
            Span::styled("█", palette.style(Tone::Plain)),
            Span::styled("  enter keeps it, esc does not", palette.style(Tone::Dim)),
        ]);
    }
    if let Some(trouble) = &state.trouble {
        return Line::styled(inert(trouble), palette.style(Tone::Bad));
    }
    let filter = match state.filter() {
        "" => String::new(),
        filter => format!("/{}  ", inert(filter)),
    };
    let keys = if state.opened.is_empty() {
        "? help  q quit  enter look closer  / filter  s sort  r reverse  t time  l level  p pause"
    } else {
        "? help  q quit  esc back  enter look closer"
    };
    let news = state.news.as_ref().map_or_else(String::new, |news| format!("{}  ", inert(news)));
    Line::from(vec![
        Span::styled(news, palette.style(Tone::Bad)),
        Span::styled(filter, palette.style(Tone::Strong)),
        Span::styled(keys, palette.style(Tone::Dim)),
    ])
}

fn draw_help(frame: &mut Frame<'_>, palette: Palette, area: Rect) {
    let height = (KEYS.len() as u16).min(area.height);
    let [area, _] = Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(area);
    let lines = KEYS.iter().map(|(keys, what)| {
        Line::from(vec![
            Span::styled(format!(" {keys:<19}"), palette.style(Tone::Strong)),
            Span::raw(*what),
        ])
    });
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}
