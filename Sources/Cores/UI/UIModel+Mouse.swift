import TerminalGraphics

extension UIModel {
    mutating func handle(_ mouse: MouseEvent) -> [UIEffect] {
        let layout = ScreenLayout(self)
        switch (mouse.button, mouse.kind) {
        case (.left, .press): return click(mouse.position, layout)
        case (.wheelUp, .press): return scroll(by: 2, mouse.position, layout)
        case (.wheelDown, .press): return scroll(by: -2, mouse.position, layout)
        default: return []
        }
    }

    private mutating func click(_ position: CellPosition, _ layout: ScreenLayout) -> [UIEffect] {
        if dialog == .leaving { return [] }
        if dialog != nil {
            dialog = nil
            return []
        }
        if let action = Footer.action(at: position, of: self, in: layout.footer) { return perform(action) }
        if layout.panel.contains(position) {
            guard panel == .people, let index = PeoplePanel.participant(at: position, in: layout.panel) else {
                return []
            }
            return index < others.count ? look(at: others[index].id) : []
        }
        guard let tile = layout.tiles.last(where: { $0.rect.contains(position) }) else { return [] }
        return if case .other(let id) = tile.person { look(at: id) } else { [] }
    }

    private mutating func scroll(by rows: Int, _ position: CellPosition, _ layout: ScreenLayout) -> [UIEffect] {
        guard panel == .chat, layout.panel.contains(position) else { return [] }
        chat.scroll(by: rows)
        limitChatScroll()
        return []
    }
}
