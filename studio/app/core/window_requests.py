"""Requests of views and commands that the window carries out."""

from PySide6.QtCore import QObject, Signal

__all__ = ["WindowRequests"]


class WindowRequests(QObject):
    """What any view may ask of the window, which alone knows its pages and dialogs.

    Signals:
        search: words to search for on Discover.
        focus_search: move the keyboard to the search of the page.
        import_files: choose files to import.
        generate_data: open the dialog of a data generator, by its slug.
        show_setting: show and focus a setting of the setup, "section.path".
        show_preference: show a preference by the name of its field, "" for all.
        export: open the export dialog of the selected run.
        open_operator: open the dialog of an operator for a run: key, slug.
        open_evaluation: open the evaluation dialog of a run.
        open_branch: open the branch dialog of a run: key, step.
        show_lens: show a lens by its id.
        show_tour: show the tour of the window.
    """

    search = Signal(str)
    focus_search = Signal()
    import_files = Signal()
    generate_data = Signal(str)
    show_setting = Signal(str)
    show_preference = Signal(str)
    export = Signal()
    open_operator = Signal(str, str)
    open_evaluation = Signal(str)
    open_branch = Signal(str, int)
    show_lens = Signal(str)
    show_tour = Signal()
