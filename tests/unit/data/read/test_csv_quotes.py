"""A stray quote that swallows records is refused with its line; notes of several lines are not."""

import pytest
from unit.data.read.event_files import HEAD, list_events, load, refuse

from predictor.core.errors import TableError
from predictor.data.read.table_files import read_sample, read_table

LEADS = [f"L{n},2026-01-{n:02},{'web' if n % 2 else 'fair'},{n * 7},yes" for n in range(1, 29)]
NAMES = "lead_id,created,source,size,accepted"


def write(folder, lines, head=NAMES, *, delimiter=",", end="\n", encoding="utf-8"):
    text = end.join([head, *lines]).replace(",", delimiter) + end
    (folder / "leads.csv").write_text(text, encoding=encoding, newline="")
    return folder / "leads.csv"


def spoil(lines, first, last):
    """The lines with a quote before the third cell of one, and one behind the third cell of another."""
    lines = list(lines)
    for at, quoted in ((first, '"{}'), (last, '{}"')):
        cells = lines[at].split(",")
        lines[at] = ",".join([*cells[:2], quoted.format(cells[2]), *cells[3:]])
    return lines


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "cp1252"), ("\t", "utf-16"), ("|", "utf-8-sig")])
def test_records_within_a_cell_are_refused_with_the_line_of_the_quote(tmp_path, delimiter, encoding, end):
    path = write(tmp_path, spoil(LEADS, 9, 15), delimiter=delimiter, end=end, encoding=encoding)
    for read in (lambda: read_table(path, "leads"), lambda: read_sample(str(path), "leads", 20)):
        with pytest.raises(
            TableError, match=r"LEAD000 A quote in line 11 of 'leads\.csv' opens a cell .* 6 lines further"
        ) as error:
            read()
        assert "5 lines within it look like records, and would be lost" in str(error.value)


def test_one_swallowed_record_is_enough_where_dates_and_numbers_show_it(tmp_path):
    with pytest.raises(TableError, match="1 line within it looks like a record"):
        read_table(write(tmp_path, spoil(LEADS, 9, 11)), "leads")


@pytest.mark.parametrize(
    ("head", "at"), [("lead_id,created,source,size,accepted", 2), ("source,lead_id,created,size,accepted", 0)]
)
def test_a_quote_that_closes_in_the_next_record_is_refused(tmp_path, head, at):
    """The row is as long as any other: its cells before and after the quotes are those of two records."""
    order = [NAMES.split(",").index(name) for name in head.split(",")]
    lines = [[line.split(",")[place] for place in order] for line in LEADS]
    lines[9][at], lines[10][at] = f'"{lines[9][at]}', f'{lines[10][at]}"'
    with pytest.raises(TableError, match=r"A quote in line 11 of .* only 1 line further down; 1 line within it"):
        read_table(write(tmp_path, [",".join(cells) for cells in lines], head), "leads")


@pytest.mark.parametrize("note", ["web\nfair", "call back,\nsoon", "see a,b\nand c,d", "1,2026-01-02\n3,2026-01-04"])
def test_a_note_of_two_lines_is_kept(tmp_path, note):
    lines = [*LEADS]
    lines[9] = lines[9].replace("web", f'"{note}"').replace("fair", f'"{note}"')
    assert read_table(write(tmp_path, lines), "leads").frame["source"].tolist()[9] == note


def test_records_of_words_alone(tmp_path):
    words = [f"lead{'abcdefghij'[n]},Ann,Bonn,web" for n in range(10)]
    with pytest.raises(TableError, match=r"in line 4 of .* 3 lines within it look like records"):
        read_table(write(tmp_path, spoil(words, 2, 6), "id,name,city,source"), "leads")


def test_lines_above_the_header_and_notes_before_count(tmp_path):
    lines = spoil(LEADS, 9, 15)
    lines[3] = lines[3].replace("fair", '"a\nfair"')
    with pytest.raises(TableError, match="A quote in line 14 of"):
        read_table(write(tmp_path, lines, f"Leads of May\n\n{NAMES}"), "leads")


def test_more_is_swallowed_than_the_csv_module_takes_by_itself(tmp_path):
    lines = [line.replace("web", "web" * 500) for line in LEADS] * 8
    with pytest.raises(TableError, match=r"A quote in line 11 of .* look like records"):
        read_table(write(tmp_path, spoil(lines, 9, 210)), "leads")


@pytest.mark.parametrize(
    "note",
    [
        "Called on Monday.\nWants a demo, soon, for ten, or twenty, users\nMail, phone, post, fax, or none\nThanks, Ann",
        "Rue A, Paris\n12, Rome, Bonn, 3, x\n\nx,y,z\nDear Sir,\n1,2,3,4,5,6",
        "a,b,c,d,e\na,b,c,d,e\nlead,date,source,size,accepted\nx",
        'He said ""yes, no, maybe, later, never""\nL1;2026-01-01;web;7;yes\nL2;2026-01-01;web;7;yes\nx',
    ],
)
def test_notes_of_several_lines_are_fine(tmp_path, note):
    lines = [line.replace("web", f'"{note}"') for line in LEADS]
    frame = read_table(write(tmp_path, lines), "leads").frame
    assert len(frame) == 28
    assert frame["source"][0] == note.replace('""', '"')


def test_addresses_in_a_table_of_two_columns_are_fine(tmp_path):
    lines = [f'{n},"Ann\n{n}, Main Street\n{n + 1}, Side Street\nRome"' for n in range(1, 20)]
    assert len(read_table(write(tmp_path, lines, "id,address"), "leads").frame) == 19


def test_a_sample_of_a_large_file_is_looked_at_in_whole(tmp_path):
    lines = [f"L{n},2026-01-01,web,{n},yes" for n in range(400)]
    with pytest.raises(TableError, match="A quote in line 303 of"):
        read_table(write(tmp_path, spoil(lines, 301, 390)), "leads", most=20)


def test_events(tmp_path):
    rows = [f"A,2026-01-{n:02},page_view,{n}" for n in range(1, 31)]
    (tmp_path / "events.csv").write_text(HEAD + "\n".join(spoil(rows, 9, 15)) + "\n")
    refuse("events.csv", tmp_path, r"EVENT002 A quote in line 11 of 'events\.csv' opens a cell that ends only 6 lines further")
    notes = [row.replace("page_view", '"page\nview, twice"') for row in rows]
    (tmp_path / "events.csv").write_text(HEAD + "\n".join(notes) + "\n")
    assert len(list_events(load("events.csv", tmp_path))) == 30


def test_events_in_another_encoding_in_a_folder(tmp_path):
    rows = [f"L{n};2026-01-01;Köln;{n}" for n in range(30)]
    (tmp_path / "events").mkdir()
    for name, lines in {"a": rows, "b": [*rows[:9], rows[9].replace("Köln", '"Köln'), *rows[10:20], 'L;2026-01-01;x";1']}.items():
        text = HEAD.replace(",", ";") + "\n".join(lines) + "\n"
        (tmp_path / "events" / f"{name}.csv").write_bytes(text.encode("cp1252"))
    refuse("events", tmp_path, r"EVENT002 A quote in line 11 of 'b\.csv'")


@pytest.mark.parametrize(("names", "line"), [(NAMES, 25), (f"Leads of May\n\n{NAMES}", 27)])
def test_a_quote_that_is_never_closed_has_its_line(tmp_path, names, line):
    lines = [row.replace("fair", '"a\nfair"') if at < 6 else row for at, row in enumerate(LEADS)]
    lines[20] = lines[20].replace(",yes", ',"yes')
    with pytest.raises(TableError, match=rf"LEAD000 'leads\.csv' is broken: a quote is opened in line {line} and not"):
        read_table(write(tmp_path, lines, names), "leads")
