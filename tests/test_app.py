import gradio as gr


def test_the_queue_is_the_apps_own_before_the_page_has_any_content(blocks):
    from app import Page

    page = Page()
    assert isinstance(page, gr.Blocks)
    assert (page._queue.max_size, page._queue.default_concurrency_limit) == (64, 4)
